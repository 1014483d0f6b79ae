provider "google" {
  project        = var.project_id
  region         = var.region
  default_labels = local.labels
}

provider "google-beta" {
  project        = var.project_id
  region         = var.region
  default_labels = local.labels
}

# Its number is part of what Google's own accounts and the functions' addresses are called.
data "google_project" "this" {
  project_id = var.project_id
  depends_on = [google_project_service.api]
}
