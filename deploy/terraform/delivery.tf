# CloudFront before the bucket, for whoever signs addresses of finished files: jobs/<job>/assets/<asset>/... One policy that
# ends in * is good for a whole asset. Playlists are the API's: they grow, and are short-lived by their own headers.

locals {
  cdn = var.cdn_public_key_pem == null ? 0 : 1
}

resource "aws_cloudfront_public_key" "files" {
  count       = local.cdn
  name        = var.name
  encoded_key = var.cdn_public_key_pem
}

resource "aws_cloudfront_key_group" "files" {
  count = local.cdn
  name  = var.name
  items = [aws_cloudfront_public_key.files[0].id]
}

resource "aws_cloudfront_origin_access_control" "files" {
  count                             = local.cdn
  name                              = var.name
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

# The path alone: with signatures or players' own queries in the key, each viewer would have a copy.
resource "aws_cloudfront_cache_policy" "files" {
  count       = local.cdn
  name        = "${var.name}-files"
  min_ttl     = 31536000
  default_ttl = 31536000
  max_ttl     = 31536000
  parameters_in_cache_key_and_forwarded_to_origin {
    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# An object never changes, and objects in the bucket do not say so.
resource "aws_cloudfront_response_headers_policy" "files" {
  count = local.cdn
  name  = "${var.name}-files"
  custom_headers_config {
    items {
      header   = "Cache-Control"
      value    = "private, max-age=31536000, immutable"
      override = true
    }
  }
  cors_config {
    access_control_allow_credentials = false
    access_control_allow_headers {
      items = ["Range"]
    }
    access_control_allow_methods {
      items = ["GET", "HEAD"]
    }
    access_control_allow_origins {
      items = ["*"]
    }
    access_control_expose_headers {
      items = ["Content-Length", "Content-Range", "ETag"]
    }
    origin_override = true
  }
  security_headers_config {
    content_type_options {
      override = true
    }
    strict_transport_security {
      access_control_max_age_sec = 31536000
      override                   = true
    }
  }
}

resource "aws_cloudfront_distribution" "files" {
  count           = local.cdn
  comment         = "Files of ${var.name}"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  aliases         = var.cdn_domain_names

  origin {
    origin_id                = "files"
    domain_name              = aws_s3_bucket.files.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.files[0].id
    origin_shield {
      enabled              = true
      origin_shield_region = var.region
    }
  }

  default_cache_behavior {
    target_origin_id           = "files"
    viewer_protocol_policy     = "https-only"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = aws_cloudfront_cache_policy.files[0].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.files[0].id
    trusted_key_groups         = [aws_cloudfront_key_group.files[0].id]
  }

  # A segment that is not there yet may be there a moment later.
  dynamic "custom_error_response" {
    for_each = [403, 404]
    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 1
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.cdn_certificate_arn == null
    acm_certificate_arn            = var.cdn_certificate_arn
    minimum_protocol_version       = var.cdn_certificate_arn == null ? null : "TLSv1.2_2021"
    ssl_support_method             = var.cdn_certificate_arn == null ? null : "sni-only"
  }
}
