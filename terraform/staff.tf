# The desk and the page for calls, behind Identity-Aware Proxy: docs/adr/0021-iap-behind-a-load-balancer.md.
#
#   browser ─► address ─► certificate, host ─► backend with IAP ─► NEG ─► Cloud Run service of the function
#
# A backend has to be there before its function, which must know the backend's id (IAP_AUDIENCE). It can be: the NEG refers
# to the function's service by name, and asks nobody whether there is one yet.

locals {
  staff = { for name, function in local.functions : name => function if function.invoker == "iap" }

  # https://cloud.google.com/iap/docs/signed-headers-howto#verifying_the_jwt_payload
  iap_audiences = {
    for name, backend in google_compute_backend_service.staff :
    name => "/projects/${data.google_project.this.number}/global/backendServices/${backend.generated_id}"
  }
}

resource "google_compute_region_network_endpoint_group" "staff" {
  for_each = local.staff

  name                  = "staff-${local.names[each.key]}"
  region                = var.region
  network_endpoint_type = "SERVERLESS"
  depends_on            = [google_project_service.api]

  cloud_run {
    service = local.names[each.key]
  }
}

resource "google_compute_backend_service" "staff" {
  for_each = local.staff

  name                  = "staff-${local.names[each.key]}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"

  backend {
    group = google_compute_region_network_endpoint_group.staff[each.key].id
  }

  # Without a client of our own: Google's lets in accounts of the project's organisation, and has no secret to keep.
  iap {
    enabled = true
  }

  log_config {
    enable = true
  }
}

resource "google_iap_web_backend_service_iam_member" "staff" {
  for_each = local.staff

  project             = var.project_id
  web_backend_service = google_compute_backend_service.staff[each.key].name
  role                = "roles/iap.httpsResourceAccessor"
  member              = "group:${var.staff_group}"
}

resource "google_compute_url_map" "staff" {
  name            = "staff"
  default_service = google_compute_backend_service.staff["desk"].id

  dynamic "host_rule" {
    for_each = local.staff

    content {
      hosts        = [var.staff_hosts[host_rule.key]]
      path_matcher = local.names[host_rule.key]
    }
  }

  dynamic "path_matcher" {
    for_each = local.staff

    content {
      name            = local.names[path_matcher.key]
      default_service = google_compute_backend_service.staff[path_matcher.key].id
    }
  }
}

# Google issues and renews it once the names point to the address. Other names are another certificate.
resource "google_compute_managed_ssl_certificate" "staff" {
  name       = "staff-${substr(sha256(join(",", values(var.staff_hosts))), 0, 8)}"
  depends_on = [google_project_service.api]

  managed {
    domains = values(var.staff_hosts)
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_ssl_policy" "staff" {
  name            = "staff"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [google_project_service.api]
}

resource "google_compute_target_https_proxy" "staff" {
  name             = "staff"
  url_map          = google_compute_url_map.staff.id
  ssl_certificates = [google_compute_managed_ssl_certificate.staff.id]
  ssl_policy       = google_compute_ssl_policy.staff.id
}

resource "google_compute_global_address" "staff" {
  name       = "staff"
  depends_on = [google_project_service.api]
}

resource "google_compute_global_forwarding_rule" "staff" {
  name                  = "staff"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.staff.id
  port_range            = "443"
  target                = google_compute_target_https_proxy.staff.id
}
