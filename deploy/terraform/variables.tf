variable "name" {
  description = "Begins the names of everything here, so that several fleets live in one account. Also the prefix of queues on a broker."
  type        = string
  default     = "sluice"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 22 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "region" {
  description = "The AWS region of everything, e.g. eu-central-1."
  type        = string
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be a region like eu-central-1."
  }
}

variable "tags" {
  description = "Tags of everything, beside Application, Deployment and ManagedBy."
  type        = map(string)
  default     = {}
}

# --- network -----------------------------------------------------------------------------------------------------------------

variable "vpc_id" {
  description = "The VPC everything runs in."
  type        = string
  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id must be the id of a VPC, like vpc-0123."
  }
}

variable "private_subnet_ids" {
  description = "Subnets without a public address, in two zones or more, with a way out (NAT) for providers and to S3."
  type        = list(string)
  validation {
    condition     = length(distinct(var.private_subnet_ids)) >= 2 && alltrue([for id in var.private_subnet_ids : startswith(id, "subnet-")])
    error_message = "private_subnet_ids must be two subnets or more, like subnet-0123, in different zones: a database that fails over needs them."
  }
}

# --- files -------------------------------------------------------------------------------------------------------------------

variable "bucket_name" {
  description = "Name of the bucket for masters and assets; unique in all of AWS."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name must be 3 to 63 lower-case letters, digits and hyphens (a dot breaks TLS)."
  }
}

variable "noncurrent_days" {
  description = "How long a removed or replaced object can still be brought back, in days. What must be gone at once is gone only then."
  type        = number
  default     = 7
  validation {
    condition     = var.noncurrent_days >= 1 && var.noncurrent_days <= 365 && floor(var.noncurrent_days) == var.noncurrent_days
    error_message = "noncurrent_days must be a whole number from 1 to 365: a bucket's rules count whole days."
  }
}

# --- database ----------------------------------------------------------------------------------------------------------------

variable "database_instance_class" {
  description = "Size of the database."
  type        = string
  default     = "db.m7g.large"
}

variable "database_storage_gb" {
  description = "Disk of the database at first, in GB. It grows to ten times as much by itself."
  type        = number
  default     = 50
  validation {
    condition     = var.database_storage_gb >= 20
    error_message = "database_storage_gb must be 20 or more."
  }
}

variable "database_backup_days" {
  description = "How far back the database can be set, to the second, in days."
  type        = number
  default     = 14
  validation {
    condition     = var.database_backup_days >= 1 && var.database_backup_days <= 35
    error_message = "database_backup_days must be 1 to 35. Without backups everything is lost with the database."
  }
}

variable "database_password" {
  description = "Password of the database. It is written to the database and to Secrets Manager, never into the state."
  type        = string
  sensitive   = true
  ephemeral   = true
  validation {
    condition     = can(regex("^[A-Za-z0-9]{16,64}$", var.database_password))
    error_message = "database_password must be 16 to 64 letters and digits: it becomes part of a URL."
  }
}

variable "database_password_version" {
  description = "Raise it by one with each new password: Terraform cannot see that it changed."
  type        = number
  default     = 1
}

# --- queue and bus -----------------------------------------------------------------------------------------------------------

variable "queue" {
  description = "What carries due steps to the workers: postgres (the database itself), bullmq (makes a Redis) or rabbitmq (makes a broker)."
  type        = string
  default     = "postgres"
  validation {
    condition     = contains(["postgres", "bullmq", "rabbitmq"], var.queue)
    error_message = "queue must be postgres, bullmq or rabbitmq."
  }
}

variable "bus" {
  description = "What tells the processes of events: postgres (the database itself) or redis (makes one)."
  type        = string
  default     = "postgres"
  validation {
    condition     = contains(["postgres", "redis"], var.bus)
    error_message = "bus must be postgres or redis."
  }
}

variable "broker_password" {
  description = "Password of Redis and RabbitMQ; needed when queue or bus makes one. The state holds it: keep the state encrypted."
  type        = string
  sensitive   = true
  default     = null
  validation {
    condition     = var.broker_password == null ? true : can(regex("^[A-Za-z0-9]{16,64}$", var.broker_password))
    error_message = "broker_password must be 16 to 64 letters and digits: it becomes part of a URL."
  }
  validation {
    condition     = var.broker_password != null || (var.queue == "postgres" && var.bus == "postgres")
    error_message = "broker_password is needed: queue or bus makes a broker."
  }
}

variable "redis_node_type" {
  description = "Size of each of the two nodes of Redis."
  type        = string
  default     = "cache.t4g.medium"
}

variable "rabbitmq_instance_type" {
  description = "Size of each of the three nodes of RabbitMQ."
  type        = string
  default     = "mq.m5.large"
}

# --- delivery ----------------------------------------------------------------------------------------------------------------

variable "cdn_public_key_pem" {
  description = "Public half of the RSA 2048 key that signs addresses of files (openssl rsa -pubout). null: no CloudFront."
  type        = string
  default     = null
  validation {
    condition     = var.cdn_public_key_pem == null ? true : startswith(trimspace(var.cdn_public_key_pem), "-----BEGIN PUBLIC KEY-----")
    error_message = "cdn_public_key_pem must begin with -----BEGIN PUBLIC KEY-----. The private half does not belong here."
  }
}

variable "cdn_domain_names" {
  description = "Names of your own for the CDN. Each needs cdn_certificate_arn, and a DNS record you make."
  type        = list(string)
  default     = []
}

variable "cdn_certificate_arn" {
  description = "Certificate for cdn_domain_names, in us-east-1."
  type        = string
  default     = null
  validation {
    condition     = var.cdn_certificate_arn == null ? length(var.cdn_domain_names) == 0 : startswith(var.cdn_certificate_arn, "arn:aws:acm:us-east-1:")
    error_message = "cdn_certificate_arn must be a certificate of ACM in us-east-1; cdn_domain_names cannot do without."
  }
}

# --- processes ---------------------------------------------------------------------------------------------------------------

variable "process_services" {
  description = "Who may take the roles of the processes: ecs-tasks.amazonaws.com, ec2.amazonaws.com."
  type        = list(string)
  default     = ["ecs-tasks.amazonaws.com"]
  validation {
    condition     = length(setsubtract(var.process_services, ["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"])) == 0
    error_message = "process_services may have ecs-tasks.amazonaws.com and ec2.amazonaws.com."
  }
}

# --- FFmpeg in Lambda --------------------------------------------------------------------------------------------------------

variable "transcode_image_uri" {
  description = "Image of the function that transcodes, in ECR of this region, made by deploy/lambda. null: FFmpeg runs in the workers."
  type        = string
  default     = null
  validation {
    condition     = var.transcode_image_uri == null ? true : can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com/[^:@]+(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})$", var.transcode_image_uri))
    error_message = "transcode_image_uri must be an image in ECR with a tag or digest."
  }
}

variable "transcode_memory_mb" {
  description = "Memory of the function in MB, and with it its processors: 1769 are one."
  type        = number
  default     = 3538
  validation {
    condition     = var.transcode_memory_mb >= 1769 && var.transcode_memory_mb <= 10240
    error_message = "transcode_memory_mb must be 1769 to 10240."
  }
}

variable "transcode_concurrency" {
  description = "How often the function runs at once, at most, over all workers. What comes beyond is told to wait."
  type        = number
  default     = 20
  validation {
    condition     = var.transcode_concurrency >= 1
    error_message = "transcode_concurrency must be 1 or more."
  }
}
