# Containers only: the values are added by hand and never pass through Terraform, whose state would keep them.
# docs/deploy.md says how to make each, and how to replace it: those that sign (`…-secrets`) hold several, separated by
# commas, of which the first signs and all verify.

locals {
  secrets = {
    form-secrets              = { needed = true } # sign the form's token, hide addresses in rate counts
    link-secrets              = { needed = true } # sign the links to the page for what is missing
    reply-secrets             = { needed = true } # sign reply addresses and Message-IDs
    staff-secrets             = { needed = true } # sign the staff's posts and links to files
    sendgrid-mail-key         = { needed = true } # may send mail
    sendgrid-stats-key        = { needed = true } # may read statistics
    sendgrid-suppressions-key = { needed = true } # may read and change suppressions
    smartcaptcha-server-key   = { needed = var.captcha_client_key != null }
  }
}

resource "google_secret_manager_secret" "secret" {
  for_each = { for name, secret in local.secrets : name => secret if secret.needed }

  secret_id           = each.key
  deletion_protection = true
  depends_on          = [google_project_service.api]

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}
