terraform {
  required_version = ">= 1.9" # variables are validated against locals

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }
    google-beta = { # only for the service agents, see iam.tf
      source  = "hashicorp/google-beta"
      version = "~> 7.0"
    }
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }
  }

  # The bucket is given to `terraform init -backend-config="bucket=…"`: it is there before anything of this is.
  backend "gcs" {
    prefix = "pass24-intake"
  }
}
