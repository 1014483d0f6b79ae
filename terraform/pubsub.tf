# The bell (`notifications`: look at this notification now) and what is handed on (`ticket-ready`, R18). The ledger is
# what counts: of a message that is lost here, the sweep knows within a minute.

locals {
  topics = toset(flatten([
    for function in local.functions : concat(function.publishes, function.pushed_by == null ? [] : [function.pushed_by])
  ]))

  delivery_attempts = 10 # with the pauses below, about an hour
}

resource "google_pubsub_topic" "topic" {
  for_each = local.topics
  #checkov:skip=CKV_GCP_83:Google's own keys encrypt it; messages hold numbers and times, no personal data

  name       = each.key
  depends_on = [google_project_service.api]

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

# Pushed with an identity token, to the very address that the token is made for. No Eventarc trigger: its subscription
# can't have dead letters.
resource "google_pubsub_subscription" "push" {
  for_each = { for name, function in local.functions : name => function if function.invoker == "push" }

  name                       = local.names[each.key]
  topic                      = google_pubsub_topic.topic[each.value.pushed_by].id
  ack_deadline_seconds       = each.value.timeout # sooner, a letter that is being sent would be asked for again
  message_retention_duration = "604800s"          # 7 days

  push_config {
    push_endpoint = google_cloudfunctions2_function.function[each.key].service_config[0].uri

    oidc_token {
      service_account_email = google_service_account.invoker[each.key].email
      audience              = google_cloudfunctions2_function.function[each.key].service_config[0].uri
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = local.delivery_attempts
  }

  expiration_policy {
    ttl = "" # never, however quiet it is
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.invoker,
    google_pubsub_topic_iam_member.dead_letters,
    google_service_account_iam_member.push_token,
  ]
}

# Classification fetches from here what is ready for it (docs/ticket-ready.v1.schema.json).
resource "google_pubsub_subscription" "classification" {
  name                       = "classification"
  topic                      = google_pubsub_topic.topic["ticket-ready"].id
  ack_deadline_seconds       = 60
  message_retention_duration = "604800s" # 7 days

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = local.delivery_attempts
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [google_pubsub_topic_iam_member.dead_letters]
}

resource "google_pubsub_subscription_iam_member" "classification" {
  for_each = toset(var.classification_members)

  subscription = google_pubsub_subscription.classification.name
  role         = "roles/pubsub.subscriber"
  member       = each.key
}

# Dead letters wait for a person, who is called by an alert: docs/playbooks/.

resource "google_pubsub_topic" "dead_letters" {
  #checkov:skip=CKV_GCP_83:Google's own keys encrypt it; messages hold numbers and times, no personal data
  name       = "dead-letters"
  depends_on = [google_project_service.api]

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_subscription" "dead_letters" {
  name                       = "dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  ack_deadline_seconds       = 60
  message_retention_duration = "604800s" # 7 days

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub itself moves a message there, which takes publishing there and acknowledging where it was.

resource "google_pubsub_topic_iam_member" "dead_letters" {
  topic  = google_pubsub_topic.dead_letters.name
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each = merge(google_pubsub_subscription.push, { classification = google_pubsub_subscription.classification })

  subscription = each.value.name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}
