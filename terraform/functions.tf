# A function's archive is built from text files alone, sorted and without modes or times: the same code gives the same
# hash on every machine, so that only what changed is deployed.
data "archive_file" "function" {
  for_each = local.functions

  type        = "zip"
  output_path = "${path.module}/.build/${each.key}.zip"

  dynamic "source" {
    for_each = toset([
      for name in flatten([
        for pattern in local.archive_patterns : tolist(fileset("${path.module}/..", replace(pattern, "FUNCTION", each.key)))
      ]) : name if length(regexall(local.archive_without, name)) == 0
    ])

    content {
      filename = source.value
      content  = file("${path.module}/../${source.value}")
    }
  }

  source {
    filename = "requirements.txt"
    content  = file("${path.module}/../functions/${each.key}/requirements.txt")
  }

  source {
    filename = "main.py"
    content  = "from functions.${each.key}.main import ${each.key}\n"
  }
}

resource "google_storage_bucket_object" "archive" {
  for_each = local.functions

  bucket = google_storage_bucket.source.name
  name   = "${each.key}-${data.archive_file.function[each.key].output_sha256}.zip"
  source = data.archive_file.function[each.key].output_path
}

resource "google_artifact_registry_repository" "functions" {
  #checkov:skip=CKV_GCP_84:Google's own keys encrypt it, as all else here; it holds the functions' code and no data
  repository_id = "functions"
  description   = "Images that Cloud Build makes of the functions."
  format        = "DOCKER"
  location      = var.region
  depends_on    = [google_project_service.api]

  cleanup_policies {
    id     = "keep-for-rollback"
    action = "KEEP"
    most_recent_versions {
      keep_count = 5
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "2592000s" # 30 days
    }
  }
}

# HTTP functions all of them: Pub/Sub pushes to `notify`, for an event trigger has no dead letters. That it reads a
# CloudEvent is said by its decorator, which the framework prefers to what the platform says.
resource "google_cloudfunctions2_function" "function" {
  for_each = local.functions

  name     = local.names[each.key]
  location = var.region

  build_config {
    runtime           = "python313"
    entry_point       = each.key
    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.archive[each.key].name
      }
    }
  }

  service_config {
    service_account_email            = google_service_account.function[each.key].email
    ingress_settings                 = local.ingress[each.value.invoker]
    available_memory                 = each.value.memory
    available_cpu                    = each.value.cpu
    max_instance_request_concurrency = each.value.concurrency
    timeout_seconds                  = each.value.timeout
    min_instance_count               = each.value.instances.min
    max_instance_count               = each.value.instances.max

    environment_variables = merge(
      # One process and as many threads as requests at a time: else callers wait for a thread, and never share a commit.
      { WORKERS = "1", THREADS = tostring(each.value.concurrency) },
      {
        for name, value in merge(local.settings, var.settings) : name => value
        if contains(each.value.settings, name) && value != null && value != ""
      },
      each.value.invoker == "iap" ? { IAP_AUDIENCE = local.iap_audiences[each.key] } : {},
    )

    dynamic "secret_environment_variables" {
      for_each = { for name, secret in each.value.secrets : name => secret if local.secrets[secret].needed }

      content {
        key        = secret_environment_variables.key
        project_id = var.project_id
        secret     = google_secret_manager_secret.secret[secret_environment_variables.value].secret_id
        version    = tostring(lookup(var.secret_versions, secret_environment_variables.value, 1))
      }
    }
  }

  # Without these grants neither the build nor the first start works.
  depends_on = [
    google_artifact_registry_repository_iam_member.build,
    google_project_iam_member.build_logs,
    google_project_iam_member.build_sources,
    google_secret_manager_secret_iam_member.function,
    google_storage_bucket_iam_member.build,
  ]
}
