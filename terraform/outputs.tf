# What a person has to enter elsewhere, in the order of docs/deploy.md.

locals {
  addresses = { for name, function in google_cloudfunctions2_function.function : name => function.service_config[0].uri }
}

output "addresses" {
  description = "Where people go."
  value = {
    form  = local.form_url
    desk  = local.settings.DESK_URL
    calls = local.settings.PHONE_URL
  }
}

output "secrets" {
  description = "Secrets whose values have to be added: gcloud secrets versions add NAME --data-file=-"
  value       = sort(keys(google_secret_manager_secret.secret))
}

output "dns" {
  description = "Records to make. The certificate is issued when the staff's hosts point to the address; SendGrid's console shows further ones (CNAME) for sending, and another MX if it wants one for an EU subuser."
  value = [
    { name = var.staff_hosts.desk, type = "A", value = google_compute_global_address.staff.address },
    { name = var.staff_hosts.intake_phone, type = "A", value = google_compute_global_address.staff.address },
    { name = var.inbound_host, type = "MX", value = "10 mx.sendgrid.net." },
  ]
}

output "sendgrid" {
  description = "What to enter in SendGrid's console, and where what it shows goes."
  value = {
    "Settings > Inbound Parse" = {
      host                         = var.inbound_host
      url                          = "${local.addresses["intake_email"]}/"
      "POST the raw, full MIME"    = "on: without it nothing can be read"
      "Check incoming for spam"    = "on"
      "security policy"            = "signature on; its public key goes into the variable inbound_keys"
      "API, if not in the console" = "${local.sendgrid_url}/v3/user/webhooks/parse/settings"
    }
    "Settings > Mail Settings > Event Webhooks" = {
      url         = "${local.addresses["delivery"]}/"
      events      = "Processed, Dropped, Deferred, Delivered, Bounced, Spam Reports"
      "signature" = "on; its verification key goes into the variable event_keys"
      "OAuth"     = "off"
    }
    "Settings > Sender Authentication" = {
      domain = split("@", var.support_address)[1]
    }
    "Settings > API Keys" = {
      "sendgrid-mail-key"         = "Restricted: Mail Send"
      "sendgrid-stats-key"        = "Restricted: Stats, read"
      "sendgrid-suppressions-key" = "Restricted: Suppressions"
    }
    host = local.sendgrid_url
  }
}
