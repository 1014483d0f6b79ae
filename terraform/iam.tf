# Who is who. Each function runs as an account of its own, each that is called by a service is called by one of its own.
# What an account may do is granted on the thing itself; the three grants on the project are those that can't be.

resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = "fn-${local.names[each.key]}"
  display_name = "Runs ${local.names[each.key]}"
  depends_on   = [google_project_service.api]
}

resource "google_service_account" "invoker" {
  for_each = { for name, function in local.functions : name => function if contains(["push", "scheduler"], function.invoker) }

  account_id   = "call-${local.names[each.key]}"
  display_name = "Calls ${local.names[each.key]} (${each.value.invoker}), and may do nothing else"
  depends_on   = [google_project_service.api]
}

resource "google_service_account" "build" {
  account_id   = "build-functions"
  display_name = "Builds the functions, instead of an account that may edit everything"
  depends_on   = [google_project_service.api]
}

# Google's own accounts, which exist only when they are asked for. Only the beta provider can ask.
resource "google_project_service_identity" "agent" {
  provider = google-beta
  for_each = toset(["iap.googleapis.com", "pubsub.googleapis.com"])

  service    = each.key
  depends_on = [google_project_service.api]
}

locals {
  pubsub_agent = "serviceAccount:${google_project_service_identity.agent["pubsub.googleapis.com"].email}"
  iap_agent    = "serviceAccount:${google_project_service_identity.agent["iap.googleapis.com"].email}"
}

# Who may call

resource "google_cloud_run_v2_service_iam_member" "public" {
  for_each = { for name, function in local.functions : name => function if function.invoker == "public" }

  name     = google_cloudfunctions2_function.function[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_cloud_run_v2_service_iam_member" "iap" {
  for_each = { for name, function in local.functions : name => function if function.invoker == "iap" }

  name     = google_cloudfunctions2_function.function[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = local.iap_agent
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = google_service_account.invoker

  name     = google_cloudfunctions2_function.function[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.value.member
}

# Pub/Sub signs its pushes as the invoker. In projects of before April 2021 it may not by itself.
resource "google_service_account_iam_member" "push_token" {
  for_each = { for name, function in local.functions : name => function if function.invoker == "push" }

  service_account_id = google_service_account.invoker[each.key].name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.pubsub_agent
}

# What functions may do

# On the project, for a database has no policy of its own; the condition narrows it to the ledger.
# https://cloud.google.com/firestore/docs/manage-databases
resource "google_project_iam_member" "ledger" {
  for_each = local.functions

  project = var.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.function[each.key].member

  condition {
    title      = "the ledger"
    expression = "resource.name == \"projects/${var.project_id}/databases/${google_firestore_database.ledger.name}\""
  }
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = merge([
    for name, function in local.functions : {
      for topic in function.publishes : "${name}/${topic}" => { function = name, topic = topic }
    }
  ]...)

  topic  = google_pubsub_topic.topic[each.value.topic].name
  role   = "roles/pubsub.publisher"
  member = google_service_account.function[each.value.function].member
}

resource "google_secret_manager_secret_iam_member" "function" {
  for_each = merge([
    for name, function in local.functions : {
      for secret in values(function.secrets) : "${name}/${secret}" => { function = name, secret = secret }
      if local.secrets[secret].needed
    }
  ]...)

  secret_id = google_secret_manager_secret.secret[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}

# The ready-made roles that may replace an object may read it as well, or change the bucket.
resource "google_project_iam_custom_role" "files" {
  for_each = {
    # Replacing an object, as a repeated upload does, takes the right to delete it. A door on the internet reads nothing.
    write = ["storage.objects.create", "storage.objects.delete"]
    # What was erased and is delivered again is deleted again, also what no document lists (ADR 20).
    mail = ["storage.objects.create", "storage.objects.delete", "storage.objects.list"]
    keep = ["storage.objects.get", "storage.objects.delete", "storage.objects.list"]
  }

  role_id     = "intakeFiles.${each.key}"
  title       = "PASS24 Intake: ${each.key} files"
  permissions = each.value
  depends_on  = [google_project_service.api]
}

resource "google_storage_bucket_iam_member" "files" {
  for_each = { for name, function in local.functions : name => function if function.files != null }

  bucket = google_storage_bucket.files.name
  role   = google_project_iam_custom_role.files[each.value.files].id
  member = google_service_account.function[each.key].member
}

# What builds may do

resource "google_storage_bucket_iam_member" "build" {
  bucket = google_storage_bucket.source.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

resource "google_artifact_registry_repository_iam_member" "build" {
  repository = google_artifact_registry_repository.functions.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

# On the project, for there is no smaller thing that logs are written to.
resource "google_project_iam_member" "build_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

# On the project, for Cloud Functions makes this bucket itself, at the first build; the condition names it.
resource "google_project_iam_member" "build_sources" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title      = "what Cloud Functions hands to builds"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${data.google_project.this.number}-${var.region}\")"
  }
}
