# FFmpeg in Lambda, where transcode_image_uri says so.

locals {
  transcode      = var.transcode_image_uri == null ? 0 : 1
  transcode_name = "${var.name}-transcode"
}

resource "aws_iam_role" "transcode" {
  count = local.transcode
  name  = local.transcode_name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = ["sts:AssumeRole"]
    }]
  })
}

resource "aws_iam_role_policy" "transcode" {
  count = local.transcode
  name  = "transcode"
  role  = aws_iam_role.transcode[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadMastersWriteSegments"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = ["${aws_s3_bucket.files.arn}/jobs/*"]
      },
      # Without it what is missing looks like what is forbidden.
      {
        Sid      = "SeeWhatIsThere"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [aws_s3_bucket.files.arn]
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.transcode[0].arn}:*"]
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "transcode" {
  count             = local.transcode
  name              = "/aws/lambda/${local.transcode_name}"
  retention_in_days = 30
}

resource "aws_lambda_function" "transcode" {
  count         = local.transcode
  function_name = local.transcode_name
  description   = "Encodes pieces of clips for Sluice"
  role          = aws_iam_role.transcode[0].arn
  package_type  = "Image"
  image_uri     = var.transcode_image_uri
  architectures = ["x86_64"]
  timeout       = 900
  memory_size   = var.transcode_memory_mb

  # The master, and what is made of it.
  ephemeral_storage {
    size = 10240
  }

  environment {
    variables = {
      SLUICE_S3_BUCKET = aws_s3_bucket.files.bucket
      SLUICE_S3_REGION = var.region
    }
  }

  reserved_concurrent_executions = var.transcode_concurrency

  depends_on = [aws_cloudwatch_log_group.transcode, aws_iam_role_policy.transcode]
}

# Sluice tries again by itself, and knows what has been done.
resource "aws_lambda_function_event_invoke_config" "transcode" {
  count                  = local.transcode
  function_name          = aws_lambda_function.transcode[0].function_name
  maximum_retry_attempts = 0
}
