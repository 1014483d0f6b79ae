# Messages as they came, and the files with them (R17). Neither versions nor a fixed retention: what is erased on
# request must be gone. What was deleted or overwritten by mistake can be had back for two weeks.
resource "google_storage_bucket" "files" {
  #checkov:skip=CKV_GCP_62:Cloud Audit Logs record who reads (below), and are harder to change than objects in another bucket
  #checkov:skip=CKV_GCP_78:versions would keep what was erased on request; deleted objects stay for two weeks
  name                        = "${var.project_id}-files"
  location                    = var.files_location
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  depends_on                  = [google_project_service.api]

  soft_delete_policy {
    retention_duration_seconds = 1209600 # 14 days
  }

  # What is that old is hardly ever looked at.
  lifecycle_rule {
    condition {
      age = 180 # days
    }
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
  }
}

# Who looked into which file is on record. It is a setting of the project; it grants nothing.
resource "google_project_iam_audit_config" "files" {
  project = var.project_id
  service = "storage.googleapis.com"

  audit_log_config {
    log_type = "DATA_READ"
  }
}

# The functions' archives: each under the hash of its content, so that a name never means two things.
resource "google_storage_bucket" "source" {
  #checkov:skip=CKV_GCP_62:it holds the functions' code and no data
  #checkov:skip=CKV_GCP_78:an object's name is the hash of its content: it has one version
  name                        = "${var.project_id}-function-source"
  location                    = var.region
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true
  depends_on                  = [google_project_service.api]
}
