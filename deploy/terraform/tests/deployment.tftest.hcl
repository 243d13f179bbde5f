# Applied to a provider that answers without a cloud: what would be made, and what may do what.

mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::files", bucket_regional_domain_name = "files.s3.eu-central-1.amazonaws.com" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/role" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/policy" }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/E1" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:sluice-transcode" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:group" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:secret" }
  }
  mock_resource "aws_mq_broker" {
    defaults = { instances = [{ endpoints = ["amqps://b-1.mq.eu-central-1.amazonaws.com:5671"] }] }
  }
  mock_resource "aws_elasticache_replication_group" {
    defaults = { primary_endpoint_address = "redis.cache.amazonaws.com" }
  }
}

variables {
  region             = "eu-central-1"
  vpc_id             = "vpc-0123"
  private_subnet_ids = ["subnet-0a", "subnet-0b"]
  bucket_name        = "files-of-sluice"
  database_password  = "abcdefghijklmnop"
}

run "with_everything" {
  variables {
    queue               = "rabbitmq"
    bus                 = "redis"
    broker_password     = "abcdefghijklmnopq"
    cdn_public_key_pem  = "-----BEGIN PUBLIC KEY-----"
    transcode_image_uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/transcode:1"
    process_services    = ["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"]
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.files.block_public_acls,
      aws_s3_bucket_public_access_block.files.block_public_policy,
      aws_s3_bucket_public_access_block.files.ignore_public_acls,
      aws_s3_bucket_public_access_block.files.restrict_public_buckets,
      !aws_db_instance.database.publicly_accessible,
      !aws_mq_broker.rabbitmq[0].publicly_accessible,
    ])
    error_message = "The bucket, the database or the broker can be reached by everyone."
  }

  assert {
    condition = alltrue([
      aws_db_instance.database.storage_encrypted,
      aws_elasticache_replication_group.redis[0].at_rest_encryption_enabled,
      aws_elasticache_replication_group.redis[0].transit_encryption_enabled,
      length(aws_s3_bucket_server_side_encryption_configuration.files.rule) == 1,
    ])
    error_message = "Something is not encrypted."
  }

  # Every policy of a role: named actions on named resources.
  assert {
    condition = alltrue(flatten([
      for document in concat(
        [for policy in aws_iam_role_policy.files : policy.policy],
        [aws_iam_role_policy.transcode[0].policy, aws_iam_role_policy.invoke[0].policy, aws_iam_policy.secrets.policy],
        ) : [
        for statement in jsondecode(document).Statement : [
          for text in concat(statement.Action, statement.Resource) :
          can(regex("^[a-z0-9]+:[A-Za-z]+$", text)) || can(regex("^arn:aws:[a-z0-9]+:.*[a-z]", text))
        ]
      ]
    ]))
    error_message = "A role may do something by a wildcard."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.transcode[0].policy, "Delete") && !strcontains(aws_iam_role_policy.files["api"].policy, "lambda:")
    error_message = "The function may remove files, or the API may run it."
  }

  # What the gate has not let out is beside assets, and not for the CDN.
  assert {
    condition = [
      for statement in jsondecode(aws_s3_bucket_policy.files.policy).Statement : statement.Resource if statement.Effect == "Allow"
    ] == [["arn:aws:s3:::files/jobs/*/assets/*"]]
    error_message = "The bucket's policy gives out more than assets."
  }

  assert {
    condition     = length(aws_cloudfront_distribution.files[0].default_cache_behavior[0].trusted_key_groups) == 1
    error_message = "The CDN serves files to who has no signature."
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.files.rule : rule.filter[0].prefix
      if anytrue([for expiration in rule.expiration : try(expiration.days > 0, false)])
    ] == ["doctor/"]
    error_message = "A rule of the bucket removes what jobs have made: it knows of no holds."
  }

  assert {
    condition     = anytrue([for parameter in aws_elasticache_parameter_group.redis[0].parameter : parameter.name == "maxmemory-policy" && parameter.value == "noeviction"])
    error_message = "Redis may throw waiting messages away."
  }

  assert {
    condition     = join(" ", keys(output.secrets)) == "DATABASE_URL SLUICE_RABBITMQ_URL SLUICE_REDIS_URL"
    error_message = "Secrets of the parts that were made are missing."
  }

  assert {
    condition     = aws_secretsmanager_secret_version.rabbitmq_url[0].secret_string == "amqps://sluice:abcdefghijklmnopq@b-1.mq.eu-central-1.amazonaws.com:5671"
    error_message = "SLUICE_RABBITMQ_URL is not what RabbitMQ is reached by."
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.stores : rule.from_port]) == toset([5432, 5671, 6379])
    error_message = "A part cannot be reached by the processes."
  }
}

run "with_postgresql_alone" {
  assert {
    condition = alltrue([
      length(aws_elasticache_replication_group.redis) == 0,
      length(aws_mq_broker.rabbitmq) == 0,
      length(aws_lambda_function.transcode) == 0,
      length(aws_cloudfront_distribution.files) == 0,
      length(jsondecode(aws_s3_bucket_policy.files.policy).Statement) == 1,
    ])
    error_message = "Something is made that nobody asked for."
  }

  assert {
    condition     = join(" ", keys(output.secrets)) == "DATABASE_URL"
    error_message = "There are secrets of parts that are not there."
  }
}

run "refuses_what_cannot_work" {
  command = plan
  variables {
    name                  = "Sluice!"
    region                = "Frankfurt"
    vpc_id                = "my network"
    private_subnet_ids    = ["subnet-0a"]
    bucket_name           = "Files"
    noncurrent_days       = 0
    database_storage_gb   = 1
    database_backup_days  = 0
    database_password     = "p@ss"
    queue                 = "kafka"
    bus                   = "smoke"
    cdn_public_key_pem    = "-----BEGIN RSA PRIVATE KEY-----"
    cdn_domain_names      = ["media.example.com"]
    process_services      = ["lambda.amazonaws.com"]
    transcode_image_uri   = "transcode"
    transcode_memory_mb   = 128
    transcode_concurrency = 0
  }
  expect_failures = [
    var.name, var.region, var.vpc_id, var.private_subnet_ids, var.bucket_name, var.noncurrent_days, var.database_storage_gb,
    var.database_backup_days, var.database_password, var.queue, var.bus, var.cdn_public_key_pem, var.cdn_certificate_arn,
    var.process_services, var.transcode_image_uri, var.transcode_memory_mb, var.transcode_concurrency,
  ]
}

run "refuses_a_broker_without_a_password" {
  command = plan
  variables {
    bus = "redis"
  }
  expect_failures = [var.broker_password]
}
