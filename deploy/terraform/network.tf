# Who may speak with whom. The processes have one group of their own: give it to what runs them.

resource "aws_security_group" "processes" {
  name        = "${var.name}-processes"
  description = "API, workers and schedulers of Sluice"
  vpc_id      = var.vpc_id
}

# Providers, S3, webhooks: addresses that nobody knows beforehand.
resource "aws_vpc_security_group_egress_rule" "processes" {
  security_group_id = aws_security_group.processes.id
  description       = "Out"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

locals {
  # What the processes connect to, by port.
  stores = merge(
    { database = 5432 },
    local.redis == 1 ? { redis = 6379 } : {},
    local.rabbitmq == 1 ? { rabbitmq = 5671 } : {},
  )
}

resource "aws_security_group" "stores" {
  for_each    = local.stores
  name        = "${var.name}-${each.key}"
  description = "The ${each.key} of Sluice"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "stores" {
  for_each                     = local.stores
  security_group_id            = aws_security_group.stores[each.key].id
  description                  = "From the processes of Sluice"
  referenced_security_group_id = aws_security_group.processes.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}
