resource "google_firestore_database" "ledger" {
  name                              = var.firestore_database
  location_id                       = var.firestore_location
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "OPTIMISTIC"
  app_engine_integration_mode       = "DISABLED"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = "DELETE_PROTECTION_ENABLED"
  deletion_policy                   = "ABANDON" # what Terraform forgets stays there
  depends_on                        = [google_project_service.api]
}

# What was there at any minute of the last seven days can be read; what was there on any of them can be restored.
resource "google_firestore_backup_schedule" "daily" {
  database  = google_firestore_database.ledger.name
  retention = "604800s" # 7 days, the most that a daily one can have

  daily_recurrence {}
}

# Indexes. Each one makes every write of its documents dearer, so there are those that the code's queries need and no
# more; the emulator asks for none. tests/contract/test_firestore_indexes.py compares both.
# A field's name alone is an ascending index, `-field` a descending one, `field[]` one of an array's items; `group:field`
# one over all collections of that name.

locals {
  # By collection. Every collection stands here: of one without a query nothing is indexed.
  indexed_fields = {
    addresses     = []
    contacts      = []
    counters      = []
    digests       = []
    history       = ["group:by"]
    limits        = []
    notifications = ["check_at", "event_at", "recipient"]
    reports       = []
    submissions = [
      "check_at", "contact.email", "contact.phone", "flagged_at", "message.participants[]", "message.recipients[]",
      "message.return_path", "received_at", "-received_at", "state",
    ]
    sweep = []
    tickets = [
      "accepted_at", "attention[]", "check_at", "client", "-client", "contact.email", "contact.phone", "flagged_at",
      "participants[]", "received_at", "-received_at", "registered_at", "topic", "-topic",
    ]
  }

  composite_indexes = {
    submissions = [
      ["channel", "received_at"],
      ["channel", "received_at", "state"],
      ["received_at", "state"],
      ["state", "received_at"],
    ]
    tickets = [
      ["acceptance", "-received_at"],
      ["acceptance", "received_at"],
      ["acceptance", "client"],
      ["acceptance", "-client"],
      ["acceptance", "topic"],
      ["acceptance", "-topic"],
      ["attention[]", "attention_at"],
      ["attention[]", "received_at"],
      ["attention[]", "-received_at"],
      ["attention[]", "client"],
      ["attention[]", "-client"],
      ["attention[]", "topic"],
      ["attention[]", "-topic"],
      ["channels[]", "received_at"],
      ["channels[]", "-received_at"],
      ["channels[]", "client"],
      ["channels[]", "-client"],
      ["channels[]", "topic"],
      ["channels[]", "-topic"],
      ["contact.email", "received_at"],
      ["contact.email", "-received_at"],
      ["contact.phone", "received_at"],
      ["contact.phone", "-received_at"],
      ["registered_late", "received_at"],
    ]
  }

  # By collection and field: field and its indexes.
  single_fields = merge([
    for collection, fields in local.indexed_fields : {
      for field in distinct([for index in fields : trimprefix(trim(index, "-[]"), "group:")]) : "${collection}/${field}" => {
        collection = collection
        field      = field
        indexes    = [for index in fields : index if trimprefix(trim(index, "-[]"), "group:") == field]
      }
    }
  ]...)
}

# Everything is exempt…
resource "google_firestore_field" "unindexed" {
  for_each = toset(keys(local.indexed_fields))

  database   = google_firestore_database.ledger.name
  collection = each.key
  field      = "*"

  index_config {}
}

# …but what is queried.
resource "google_firestore_field" "indexed" {
  for_each = local.single_fields

  database   = google_firestore_database.ledger.name
  collection = each.value.collection
  field      = each.value.field

  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes

      content {
        query_scope  = startswith(indexes.value, "group:") ? "COLLECTION_GROUP" : "COLLECTION"
        order        = endswith(indexes.value, "[]") ? null : startswith(indexes.value, "-") ? "DESCENDING" : "ASCENDING"
        array_config = endswith(indexes.value, "[]") ? "CONTAINS" : null
      }
    }
  }

  depends_on = [google_firestore_field.unindexed]
}

resource "google_firestore_index" "composite" {
  for_each = merge([
    for collection, indexes in local.composite_indexes : {
      for fields in indexes : "${collection}/${join(",", fields)}" => { collection = collection, fields = fields }
    }
  ]...)

  database    = google_firestore_database.ledger.name
  collection  = each.value.collection
  query_scope = "COLLECTION"

  dynamic "fields" {
    for_each = each.value.fields

    content {
      field_path   = trim(fields.value, "-[]")
      order        = endswith(fields.value, "[]") ? null : startswith(fields.value, "-") ? "DESCENDING" : "ASCENDING"
      array_config = endswith(fields.value, "[]") ? "CONTAINS" : null
    }
  }
}

# Rate counts are forgotten when their window is over; nothing else has a time at which it may go.
resource "google_firestore_field" "expiry" {
  database   = google_firestore_database.ledger.name
  collection = "limits"
  field      = "expires_at"

  ttl_config {}
  index_config {}

  depends_on = [google_firestore_field.unindexed]
}
