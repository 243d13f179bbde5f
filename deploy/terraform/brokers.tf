# Only what queue and bus ask for: as they come, PostgreSQL does both. What a broker loses is sent again from the database.

locals {
  redis    = var.queue == "bullmq" || var.bus == "redis" ? 1 : 0
  rabbitmq = var.queue == "rabbitmq" ? 1 : 0
}

resource "aws_elasticache_subnet_group" "redis" {
  count      = local.redis
  name       = var.name
  subnet_ids = var.private_subnet_ids
}

resource "aws_elasticache_parameter_group" "redis" {
  count  = local.redis
  name   = var.name
  family = "valkey8"

  # Else it throws waiting messages away when its memory is full.
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

resource "aws_elasticache_replication_group" "redis" {
  count                = local.redis
  replication_group_id = var.name
  description          = "Queue or bus of Sluice"
  engine               = "valkey"
  engine_version       = "8.0"
  node_type            = var.redis_node_type
  parameter_group_name = aws_elasticache_parameter_group.redis[0].name

  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  auto_minor_version_upgrade = true

  subnet_group_name          = aws_elasticache_subnet_group.redis[0].name
  security_group_ids         = [aws_security_group.stores["redis"].id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token                 = var.broker_password
}

resource "aws_secretsmanager_secret" "redis_url" {
  count       = local.redis
  name        = "${var.name}/redis-url"
  description = "SLUICE_REDIS_URL"
}

resource "aws_secretsmanager_secret_version" "redis_url" {
  count         = local.redis
  secret_id     = aws_secretsmanager_secret.redis_url[0].id
  secret_string = "rediss://:${var.broker_password}@${aws_elasticache_replication_group.redis[0].primary_endpoint_address}:6379/0"
}

resource "aws_mq_broker" "rabbitmq" {
  count              = local.rabbitmq
  broker_name        = var.name
  engine_type        = "RabbitMQ"
  engine_version     = "3.13"
  host_instance_type = var.rabbitmq_instance_type
  # Quorum queues want three nodes.
  deployment_mode            = "CLUSTER_MULTI_AZ"
  publicly_accessible        = false
  auto_minor_version_upgrade = true
  subnet_ids                 = var.private_subnet_ids
  security_groups            = [aws_security_group.stores["rabbitmq"].id]

  user {
    username = "sluice"
    password = var.broker_password
  }

  logs {
    general = true
  }
}

resource "aws_secretsmanager_secret" "rabbitmq_url" {
  count       = local.rabbitmq
  name        = "${var.name}/rabbitmq-url"
  description = "SLUICE_RABBITMQ_URL"
}

# AWS gives the address as amqps://host:5671.
resource "aws_secretsmanager_secret_version" "rabbitmq_url" {
  count         = local.rabbitmq
  secret_id     = aws_secretsmanager_secret.rabbitmq_url[0].id
  secret_string = replace(aws_mq_broker.rabbitmq[0].instances[0].endpoints[0], "amqps://", "amqps://sluice:${var.broker_password}@")
}
