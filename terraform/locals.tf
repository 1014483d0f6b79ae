locals {
  labels = { app = "pass24-intake" }

  # A function's name in the cloud is its Cloud Run service's name: no underscores.
  names = { for function in keys(local.functions) : function => replace(function, "_", "-") }

  sendgrid_url = { global = "https://api.sendgrid.com", eu = "https://api.eu.sendgrid.com" }[var.sendgrid_region]

  # Known before the function is there, unlike its attribute `uri`: another function is told it.
  # https://cloud.google.com/run/docs/triggering/https-request#deterministic
  form_url = coalesce(
    var.form_url,
    "https://${local.names["intake_form"]}-${data.google_project.this.number}.${var.region}.run.app",
  )

  # The functions' settings by name. One name means the same in all of them; null: the code's own default.
  settings = {
    GOOGLE_CLOUD_PROJECT = var.project_id
    FIRESTORE_DATABASE   = google_firestore_database.ledger.name
    NOTIFICATIONS_TOPIC  = google_pubsub_topic.topic["notifications"].name
    READY_TOPIC          = google_pubsub_topic.topic["ticket-ready"].name
    FILES_BUCKET         = google_storage_bucket.files.name

    FIRST_TICKET_NUMBER = tostring(var.first_ticket_number)

    SUPPORT_ADDRESS   = var.support_address
    SUPPORT_EMAIL     = var.support_address
    MAIL_FROM         = var.support_address
    SPECIALISTS_EMAIL = var.specialists_email
    HEAD_EMAIL        = var.head_email

    SPECIALISTS    = join(",", var.specialists)
    HEADS          = join(",", var.heads)
    ACCESS_CONTACT = var.access_contact

    FORM_URL  = local.form_url
    DESK_URL  = "https://${var.staff_hosts.desk}/"
    PHONE_URL = "https://${var.staff_hosts.intake_phone}/"

    SENDGRID_URL            = local.sendgrid_url
    INBOUND_KEYS            = join(",", var.inbound_keys)
    EVENT_KEYS              = join(",", var.event_keys)
    SMARTCAPTCHA_CLIENT_KEY = var.captcha_client_key
  }

  # Every function, by its folder in functions/. All else follows from this map: archive, account, grants, address.
  #   memory, cpu, concurrency, timeout (seconds), instances
  #     Concurrent requests share one process (THREADS = concurrency), for only they share a commit (ADR 1). The doors
  #     hold each body in memory, and /tmp is memory, too: concurrency times the largest body must fit.
  #     Instances that register are few: each is a leader, and more leaders do not number faster.
  #   invoker    who may call it: "public", "iap" (the staff), "push" (Pub/Sub) or "scheduler"
  #   pushed_by  topic whose messages it gets; null unless its invoker is "push"
  #   publishes  topics that it publishes to
  #   files      what it does with the bucket: "write", "keep" (read and delete), or null
  #   settings   names of its settings; their values are in local.settings and var.settings
  #   secrets    its secret settings, and the secret of each
  functions = {
    intake_form = {
      memory      = "2Gi" # 32 forms of 30 MiB
      cpu         = "1"
      concurrency = 32
      timeout     = 60
      instances   = { min = var.warm_instances, max = 3 }
      invoker     = "public"
      pushed_by   = null
      publishes   = ["notifications"]
      files       = "write"
      settings = [
        "GOOGLE_CLOUD_PROJECT", "FIRESTORE_DATABASE", "NOTIFICATIONS_TOPIC", "FILES_BUCKET", "SPECIALISTS_EMAIL",
        "FIRST_TICKET_NUMBER", "WORKING_HOURS", "TIME_ZONE", "DUPLICATE_WINDOW",
        "MIN_FILL_TIME", "ADDRESS_LIMIT", "CONTACT_LIMIT", "LIMIT_WINDOW",
        "MAX_JSON_BYTES", "MAX_FILE_BYTES", "MAX_FILES",
        "CORS_ALLOWED_ORIGINS", "FRAME_ANCESTORS", "SMARTCAPTCHA_CLIENT_KEY",
        "PRIVACY_URL", "SUPPORT_EMAIL", "SUPPORT_PHONE",
      ]
      secrets = {
        FORM_SECRETS            = "form-secrets"
        LINK_SECRETS            = "link-secrets"
        SMARTCAPTCHA_SERVER_KEY = "smartcaptcha-server-key"
      }
    }

    intake_email = {
      memory      = "2Gi" # 16 mails of 30 MB, each twice at most
      cpu         = "1"
      concurrency = 16
      timeout     = 60
      instances   = { min = 0, max = 3 }
      invoker     = "public"
      pushed_by   = null
      publishes   = ["notifications"]
      files       = "mail"
      settings = [
        "GOOGLE_CLOUD_PROJECT", "FIRESTORE_DATABASE", "NOTIFICATIONS_TOPIC", "FILES_BUCKET", "SPECIALISTS_EMAIL",
        "FIRST_TICKET_NUMBER", "WORKING_HOURS", "TIME_ZONE", "DUPLICATE_WINDOW",
        "INBOUND_KEYS", "SUPPORT_ADDRESS", "OWN_ADDRESSES", "TRUSTED_RELAYS", "SPAM_LIMIT",
        "LETTER_LIMIT", "LETTER_WINDOW",
      ]
      secrets = { REPLY_SECRETS = "reply-secrets" }
    }

    intake_phone = {
      memory      = "512Mi"
      cpu         = "1"
      concurrency = 16
      timeout     = 60
      instances   = { min = 0, max = 2 }
      invoker     = "iap"
      pushed_by   = null
      publishes   = ["notifications"]
      files       = null
      settings = [
        "GOOGLE_CLOUD_PROJECT", "FIRESTORE_DATABASE", "NOTIFICATIONS_TOPIC", "SPECIALISTS_EMAIL",
        "FIRST_TICKET_NUMBER", "WORKING_HOURS", "TIME_ZONE", "DUPLICATE_WINDOW",
        "SPECIALISTS", "HEADS", "ACCESS_CONTACT", "DESK_URL",
      ]
      secrets = { STAFF_SECRETS = "staff-secrets" }
    }

    desk = {
      memory      = "1Gi" # it hands out files and messages of up to 30 MB
      cpu         = "1"
      concurrency = 16
      timeout     = 60
      instances   = { min = 0, max = 2 }
      invoker     = "iap"
      pushed_by   = null
      publishes   = ["notifications"]
      files       = "keep"
      settings = [
        "GOOGLE_CLOUD_PROJECT", "FIRESTORE_DATABASE", "NOTIFICATIONS_TOPIC", "FILES_BUCKET", "SPECIALISTS_EMAIL",
        "FIRST_TICKET_NUMBER", "WORKING_HOURS", "TIME_ZONE", "DUPLICATE_WINDOW",
        "SPECIALISTS", "HEADS", "ACCESS_CONTACT", "PHONE_URL", "SENDGRID_URL", "SENDGRID_TIMEOUT",
        "FILE_LINK_LIFETIME",
      ]
      secrets = {
        STAFF_SECRETS    = "staff-secrets"
        SENDGRID_API_KEY = "sendgrid-suppressions-key"
      }
    }

    notify = {
      memory      = "512Mi"
      cpu         = "1"
      concurrency = 8
      timeout     = 60
      instances   = { min = 0, max = 4 }
      invoker     = "push"
      pushed_by   = "notifications"
      publishes   = ["notifications"]
      files       = null
      settings = [
        "GOOGLE_CLOUD_PROJECT", "FIRESTORE_DATABASE", "NOTIFICATIONS_TOPIC", "SPECIALISTS_EMAIL",
        "SENDGRID_URL", "SENDGRID_TIMEOUT", "SEND_LEASE", "FORM_URL", "MAIL_FROM", "MAIL_FROM_NAME", "TIME_ZONE",
        "LINK_LIFETIME",
      ]
      secrets = {
        SENDGRID_API_KEY = "sendgrid-mail-key"
        REPLY_SECRETS    = "reply-secrets"
        LINK_SECRETS     = "link-secrets"
      }
    }

    delivery = {
      memory      = "1Gi" # 16 posts of 16 MiB, and what is read from them
      cpu         = "1"
      concurrency = 16
      timeout     = 60
      instances   = { min = 0, max = 4 }
      invoker     = "public"
      pushed_by   = null
      publishes   = ["notifications"]
      files       = null
      settings = [
        "GOOGLE_CLOUD_PROJECT", "FIRESTORE_DATABASE", "NOTIFICATIONS_TOPIC", "SPECIALISTS_EMAIL", "EVENT_KEYS",
      ]
      secrets = {}
    }

    sla_check = {
      memory      = "512Mi"
      cpu         = "1"
      concurrency = 1 # one sweep at a time: a second one would find the lease taken
      timeout     = 60
      instances   = { min = 0, max = 1 }
      invoker     = "scheduler"
      pushed_by   = null
      publishes   = ["notifications", "ticket-ready"]
      files       = null
      settings = [
        "GOOGLE_CLOUD_PROJECT", "FIRESTORE_DATABASE", "NOTIFICATIONS_TOPIC", "READY_TOPIC", "SPECIALISTS_EMAIL",
        "FIRST_TICKET_NUMBER", "WORKING_HOURS", "TIME_ZONE", "DUPLICATE_WINDOW",
        "HEAD_EMAIL", "SENDGRID_URL", "SENDGRID_TIMEOUT", "STATISTICS_ZONE", "WARN_AFTER", "RUN_TIME",
      ]
      secrets = { SENDGRID_API_KEY = "sendgrid-stats-key" }
    }
  }

  # What of the repository is in a function's archive, and where: under the same path (DESIGN: one import path).
  # FUNCTION stands for the function's folder. tests/contract/archive.py builds by these very lines what the tests boot.
  archive_patterns = ["functions/__init__.py", "functions/FUNCTION/**", "shared/**"]
  archive_without  = "(^|/)(__pycache__/.*|[^/]*[.]pyc|requirements[.]in)$"

  # What callers need to reach it: nothing of ours is reachable that need not be.
  ingress = {
    public    = "ALLOW_ALL"
    iap       = "ALLOW_INTERNAL_AND_GCLB"
    push      = "ALLOW_INTERNAL_ONLY" # Pub/Sub and the scheduler of the same project count as internal
    scheduler = "ALLOW_INTERNAL_ONLY"
  }
}
