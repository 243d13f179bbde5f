# 1.11 is the first with write-only arguments: the database's password is in no state file.
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = merge({ Application = "sluice", Deployment = var.name, ManagedBy = "terraform" }, var.tags)
  }
}
