# What the processes may do in AWS: files, for a worker the function that transcodes, and nothing else.

locals {
  files_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Objects"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        Resource = ["${aws_s3_bucket.files.arn}/*"]
      },
      # The last is for who looks at the rules; they are written in storage.tf.
      {
        Sid      = "Bucket"
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetLifecycleConfiguration"]
        Resource = [aws_s3_bucket.files.arn]
      },
    ]
  })
}

# `api` is for schedulers too. It writes as well: `sluice doctor` tries what a job does.
resource "aws_iam_role" "process" {
  for_each = toset(["api", "worker"])
  name     = "${var.name}-${each.key}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = var.process_services }
      Action    = ["sts:AssumeRole"]
    }]
  })
}

resource "aws_iam_role_policy" "files" {
  for_each = aws_iam_role.process
  name     = "files"
  role     = each.value.id
  policy   = local.files_policy
}

resource "aws_iam_role_policy" "invoke" {
  count = local.transcode
  name  = "transcode"
  role  = aws_iam_role.process["worker"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Transcode"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = [aws_lambda_function.transcode[0].arn]
    }]
  })
}

# For machines of EC2.
resource "aws_iam_instance_profile" "process" {
  for_each = contains(var.process_services, "ec2.amazonaws.com") ? aws_iam_role.process : {}
  name     = each.value.name
  role     = each.value.name
}

# Whoever starts the processes reads their secrets and gives them as environment: attach it to the execution role of ECS, or
# to the role of a machine that writes its environment file from them.
resource "aws_iam_policy" "secrets" {
  name        = "${var.name}-secrets"
  description = "Reads the secrets of ${var.name}"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Secrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = values(local.secrets)
    }]
  })
}
