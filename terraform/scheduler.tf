resource "google_cloud_scheduler_job" "sla_check" {
  name             = local.names["sla_check"]
  description      = "The sweep: registers, rings again, flags what is late."
  region           = var.region
  schedule         = "* * * * *"
  time_zone        = "Etc/UTC"
  attempt_deadline = "${local.functions["sla_check"].timeout}s"

  retry_config {
    retry_count = 0 # the next minute comes anyway
  }

  http_target {
    http_method = "POST"
    uri         = google_cloudfunctions2_function.function["sla_check"].service_config[0].uri

    oidc_token {
      service_account_email = google_service_account.invoker["sla_check"].email
      audience              = google_cloudfunctions2_function.function["sla_check"].service_config[0].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.invoker]
}
