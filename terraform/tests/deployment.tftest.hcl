# What Terraform itself makes of the configuration, without any cloud: `terraform test`. The providers are mocked, but
# their schemas are the real ones. What can be read off the files alone is tested by tests/contract/test_terraform.py.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }

  mock_resource "google_compute_backend_service" {
    defaults = { generated_id = 4242 }
  }

  mock_resource "google_cloudfunctions2_function" {
    defaults = {
      service_config = { uri = "https://mocked.a.run.app" }
    }
  }
}

mock_provider "google-beta" {
  mock_resource "google_project_service_identity" {
    defaults = { email = "agent@mocked.iam.gserviceaccount.com" }
  }
}

mock_provider "archive" {}

variables {
  project_id          = "pass24-test"
  first_ticket_number = 12345
  sendgrid_region     = "eu"
  support_address     = "support@pass24online.ru"
  inbound_host        = "intake.pass24online.ru"
  specialists_email   = "specialists@pass24online.ru"
  head_email          = "head@pass24online.ru"
  staff_hosts = {
    desk         = "desk.pass24online.ru"
    intake_phone = "calls.pass24online.ru"
  }
  staff_group    = "support@pass24online.ru"
  specialists    = ["Анна Смирнова <anna@pass24online.ru>", "petr@pass24online.ru"]
  access_contact = "head@pass24online.ru"
  alert_emails   = ["ops@pass24online.ru"]
  playbooks_url  = "https://example.com/docs/playbooks"
}

run "everything_can_be_made" {
  command = apply

  assert {
    condition     = toset(keys(google_cloudfunctions2_function.function)) == toset(keys(local.functions))
    error_message = "A function of the map is not deployed."
  }

  assert {
    condition = alltrue([
      for name, function in google_cloudfunctions2_function.function :
      function.service_config[0].environment_variables["THREADS"] == tostring(function.service_config[0].max_instance_request_concurrency)
    ])
    error_message = "A function has not as many threads as requests at a time."
  }

  assert {
    condition = alltrue([
      for function in values(google_cloudfunctions2_function.function) :
      alltrue([for secret in function.service_config[0].secret_environment_variables : secret.version == "1"])
    ])
    error_message = "A secret's version is not pinned."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["notify"].service_config[0].environment_variables["FORM_URL"] == "https://intake-form-123456789012.europe-west1.run.app"
    error_message = "notify is not told the form's address."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["desk"].service_config[0].environment_variables["IAP_AUDIENCE"] == "/projects/123456789012/global/backendServices/4242"
    error_message = "The desk does not know whom assertions must be made for."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["desk"].service_config[0].environment_variables["SPECIALISTS"] == "Анна Смирнова <anna@pass24online.ru>,petr@pass24online.ru"
    error_message = "The desk does not know the specialists."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["notify"].service_config[0].environment_variables["SENDGRID_URL"] == "https://api.eu.sendgrid.com"
    error_message = "Letters leave the EU."
  }

  assert {
    condition = (
      google_pubsub_subscription.push["notify"].push_config[0].oidc_token[0].audience ==
      google_pubsub_subscription.push["notify"].push_config[0].push_endpoint
    )
    error_message = "The push's token is made for somebody else."
  }

  assert {
    condition     = toset(keys(google_cloud_run_v2_service_iam_member.public)) == toset(["delivery", "intake_email", "intake_form"])
    error_message = "Other functions are public than the form and the two webhooks."
  }

  assert {
    condition     = toset(keys(google_pubsub_topic.topic)) == toset(["notifications", "ticket-ready"])
    error_message = "The topics are not those of the map."
  }

  assert {
    condition     = toset(keys(google_pubsub_subscription_iam_member.dead_letters)) == toset(["notify", "classification"])
    error_message = "Pub/Sub can't take a message from a subscription to the dead letters."
  }

  assert {
    condition = toset([
      for index in google_firestore_field.indexed["submissions/received_at"].index_config[0].indexes : index.order
    ]) == toset(["ASCENDING", "DESCENDING"])
    error_message = "The arrivals are not indexed both ways."
  }

  assert {
    condition = [
      for field in google_firestore_index.composite["tickets/attention[],attention_at"].fields : coalesce(field.order, field.array_config)
    ] == ["CONTAINS", "ASCENDING"]
    error_message = "An index of an array's items is not what its name says."
  }

  assert {
    condition     = !contains(keys(google_secret_manager_secret.secret), "smartcaptcha-server-key")
    error_message = "There is a secret for a captcha that is off."
  }
}

run "the_captcha_brings_its_secret" {
  command = apply

  variables {
    captcha_client_key = "ysc1_public"
    secret_versions    = { form-secrets = 3 }
    settings           = { WORKING_HOURS = "10:00-19:00" }
    form_url           = "https://form.pass24online.ru/"
  }

  assert {
    condition = anytrue([
      for secret in google_cloudfunctions2_function.function["intake_form"].service_config[0].secret_environment_variables :
      secret.key == "SMARTCAPTCHA_SERVER_KEY"
    ])
    error_message = "The form does not get the captcha's secret."
  }

  assert {
    condition = anytrue([
      for secret in google_cloudfunctions2_function.function["intake_form"].service_config[0].secret_environment_variables :
      secret.key == "FORM_SECRETS" && secret.version == "3"
    ])
    error_message = "The new version is not deployed."
  }

  assert {
    condition = alltrue([
      for name in ["intake_form", "intake_email", "intake_phone", "desk", "sla_check"] :
      google_cloudfunctions2_function.function[name].service_config[0].environment_variables["WORKING_HOURS"] == "10:00-19:00"
    ])
    error_message = "The functions do not agree about the working hours."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["notify"].service_config[0].environment_variables["FORM_URL"] == "https://form.pass24online.ru/"
    error_message = "Letters lead elsewhere than to the form's own address."
  }
}

run "the_latest_version_of_a_secret_is_no_version" {
  command = plan
  variables { secret_versions = { form-secrets = 0 } }
  expect_failures = [var.secret_versions]
}

run "an_unknown_secret_is_refused" {
  command = plan
  variables { secret_versions = { from-secrets = 2 } }
  expect_failures = [var.secret_versions]
}

run "an_unknown_setting_is_refused" {
  command = plan
  variables { settings = { WORKING_HOUR = "10:00-19:00" } }
  expect_failures = [var.settings]
}

run "a_setting_with_a_variable_of_its_own_is_refused" {
  command = plan
  variables { settings = { SPECIALISTS = "somebody@example.com" } }
  expect_failures = [var.settings]
}

run "a_desk_without_specialists_is_refused" {
  command = plan
  variables { specialists = [] }
  expect_failures = [var.specialists]
}
