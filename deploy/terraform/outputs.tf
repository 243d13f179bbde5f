locals {
  environment = {
    SLUICE_QUEUE        = var.queue
    SLUICE_QUEUE_PREFIX = var.name
    SLUICE_BUS          = var.bus
    SLUICE_S3_BUCKET    = aws_s3_bucket.files.bucket
    SLUICE_S3_REGION    = var.region
  }
  secrets = merge(
    { DATABASE_URL = aws_secretsmanager_secret.database_url.arn },
    local.redis == 1 ? { SLUICE_REDIS_URL = aws_secretsmanager_secret.redis_url[0].arn } : {},
    local.rabbitmq == 1 ? { SLUICE_RABBITMQ_URL = aws_secretsmanager_secret.rabbitmq_url[0].arn } : {},
  )
}

output "environment" {
  description = "Settings of every process, by name."
  value       = local.environment
}

output "secrets" {
  description = "Settings of every process that are secret: the ARNs in Secrets Manager their values are read from."
  value       = local.secrets
}

output "secrets_policy_arn" {
  description = "Policy to read them with."
  value       = aws_iam_policy.secrets.arn
}

output "role_arns" {
  description = "Roles of the processes: api (also for schedulers) and worker."
  value       = { for name, role in aws_iam_role.process : name => role.arn }
}

output "security_group_id" {
  description = "Group of the processes: who is in it reaches the database and the brokers."
  value       = aws_security_group.processes.id
}

output "transcode_function_name" {
  description = "The function that transcodes; null: there is none."
  value       = one(aws_lambda_function.transcode[*].function_name)
}

output "cdn_domain_name" {
  description = "Where signed addresses of files begin; null: there is no CDN."
  value       = one(aws_cloudfront_distribution.files[*].domain_name)
}

output "cdn_key_pair_id" {
  description = "Key-Pair-Id of signed addresses; null: there is no CDN."
  value       = one(aws_cloudfront_public_key.files[*].id)
}
