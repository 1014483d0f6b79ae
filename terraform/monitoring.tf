# What is watched, and who is called. Each alert is named after its playbook: docs/playbooks/<alert>.md.
# tests/contract/test_monitoring.py holds that the events below are logged, with these fields, and by these functions.

locals {
  # Counters over the functions' log lines.
  #   what     what is counted
  #   by       the functions that log it
  #   says     names of events
  #   raises   names of events with a stack trace: Error Reporting wants the trace as `message`, so the name is in `event`
  #   where    what else must hold of the line's fields
  #   by_field a field by whose values it is counted apart
  log_counters = {
    sweeps = {
      what = "Sweeps that were done."
      by   = ["sla_check"]
      says = ["sweep_done"]
    }
    unregistered = {
      what  = "Minutes in which a request had waited for its number for 15 minutes or more."
      by    = ["sla_check"]
      says  = ["standing"]
      where = ["oldest_unregistered_s>=900"]
    }
    unconfirmed = {
      what  = "Minutes in which half of the last hour's clients, and three at least, had no letter with the number."
      by    = ["sla_check"]
      says  = ["standing"]
      where = ["recent_unconfirmed>=3", "unconfirmed_share>=0.5"]
    }
    silent = {
      what  = "Minutes of working time in which nothing had arrived for too long."
      by    = ["sla_check"]
      says  = ["no_arrivals"]
      where = ["working_s>=${var.silence_hours * 3600}"]
    }
    statistics_unknown = {
      what = "Sweeps to which SendGrid did not say how much mail it took in."
      by   = ["sla_check"]
      says = ["inbound_statistics_unknown"]
    }
    sweep_behind = {
      what = "Sweeps whose time was over before everything due was done."
      by   = ["sla_check"]
      says = ["sweep_goes_on_next_time"]
    }
    not_handed_on = {
      what   = "Attempts to hand tickets on to classification that failed."
      by     = ["sla_check"]
      raises = ["not_handed_on"]
    }
    registered = {
      what     = "Requests that got a number, by channel."
      by       = ["intake_form", "intake_email", "intake_phone", "sla_check", "desk"]
      says     = ["ticket_registered"]
      where    = ["repeated=false"]
      by_field = "channel"
    }
    quarantined = {
      what     = "Messages that were put aside for a person, by reason."
      by       = ["intake_email"]
      says     = ["message_quarantined"]
      by_field = "reason"
    }
    webhook_refused = {
      what   = "Calls of SendGrid that were refused: it does not repeat them."
      by     = ["intake_email", "delivery"]
      says   = ["call_forged", "call_too_large"]
      raises = ["batch_malformed"]
    }
    letters_sent = {
      what = "Letters that SendGrid took."
      by   = ["notify"]
      says = ["letter_sent"]
    }
    letters_not_sent = {
      what  = "Letters that SendGrid did not take; those that we ourselves hold back are left out."
      by    = ["notify"]
      says  = ["letter_not_sent"]
      where = ["state!=\"dropped\""]
    }
    letter_outcomes = {
      what     = "What became of letters, by state."
      by       = ["delivery", "intake_email", "notify"]
      says     = ["letter_outcome"]
      by_field = "state"
    }
    bell_failed = {
      what = "Rings that Pub/Sub did not take; the sweep makes up for them."
      by   = ["intake_form", "intake_email", "intake_phone", "desk", "notify", "delivery", "sla_check"]
      says = ["bell_failed"]
    }
    files_not_kept = {
      what = "Attachments that could not be stored."
      by   = ["intake_form", "intake_email"]
      says = ["file_not_kept", "attachment_not_kept"]
    }
  }

  # Values that the sweep logs each minute; for the dashboard.
  standing_values = {
    late                  = "Requests with an open flag."
    received              = "Requests that are kept without a number."
    quarantined           = "Messages in quarantine."
    oldest_unregistered_s = "Age of the oldest request without a number, in seconds."
    oldest_quarantined_s  = "Age of the oldest message in quarantine, in seconds."
    oldest_unconfirmed_s  = "Age of the oldest ticket whose client is not known to have the number, in seconds."
  }

  # As PromQL names them. A log-based metric may be of several kinds of resources, so the kind has to be said:
  # https://cloud.google.com/monitoring/promql/promql-mapping
  counted = {
    for name in keys(local.log_counters) :
    name => "logging_googleapis_com:user_intake_${name}{monitored_resource=\"cloud_run_revision\"}"
  }
  standing_mean = {
    for name in keys(local.standing_values) :
    name => join(" / ", [
      for part in ["sum", "count"] :
      "sum(increase(logging_googleapis_com:user_intake_standing_${name}_${part}{monitored_resource=\"cloud_run_revision\"}[5m]))"
    ])
  }
  requests  = "run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",service_name!=\"${local.names["sla_check"]}\"}"
  failures  = "run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",service_name!=\"${local.names["sla_check"]}\",response_code_class=\"5xx\"}"
  sweep_5xx = "run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",service_name=\"${local.names["sla_check"]}\",response_code_class=\"5xx\"}"
  dead_in   = "pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\",subscription_id=\"${google_pubsub_subscription.dead_letters.name}\"}"

  # What is judged over time: a PromQL expression that yields something while it is so.
  # PromQL, for its conditions may be created together with the metrics that they name
  # (https://github.com/hashicorp/terraform-provider-google/issues/11102), and it knows ratios and absence from the start.
  alerts = {
    unregistered = {
      title    = "Requests without a number for 15 minutes"
      severity = "CRITICAL"
      meaning  = "Clients wait for a number longer than the rule book allows (R16). The sweep tries to register them each minute, and can't."
      query    = "sum(increase(${local.counted.unregistered}[5m])) > 0"
    }
    unconfirmed = {
      title    = "Clients do not get the letter with the number"
      severity = "CRITICAL"
      meaning  = "At least three of the last hour's clients, and half of them all, are not known to have their number 15 minutes after they wrote (R8)."
      query    = "sum(increase(${local.counted.unconfirmed}[5m])) > 0"
    }
    letters-not-sent = {
      title    = "SendGrid does not take letters"
      severity = "CRITICAL"
      meaning  = "Five or more attempts in 15 minutes to give a letter to SendGrid failed. The letters wait in the ledger and go out by themselves when it works again."
      query    = "sum(increase(${local.counted.letters_not_sent}[15m])) >= 5"
    }
    webhook-refused = {
      title    = "Calls of SendGrid are refused"
      severity = "CRITICAL"
      meaning  = "Three or more calls in 15 minutes had no valid signature or could not be read. If they were SendGrid's own, clients' mail is being lost: it does not repeat what was refused."
      query    = "sum(increase(${local.counted.webhook_refused}[15m])) >= 3"
    }
    sla-check-failing = {
      title    = "The sweep fails"
      severity = "CRITICAL"
      meaning  = "Three or more of the last ten minutes' sweeps failed: what is stuck does not heal, and what is late is not flagged."
      query    = "sum(increase(${local.sweep_5xx}[10m])) >= 3"
    }
    sla-check-absent = {
      title    = "The sweep does not run"
      severity = "CRITICAL"
      meaning  = "No sweep was done for ten minutes. Most other alerts are made of what it says, and are silent as long as it is."
      query    = "absent_over_time(${local.counted.sweeps}[10m])"
    }
    errors = {
      title    = "A function answers with errors"
      severity = "ERROR"
      meaning  = "One of the functions failed three times or more in 15 minutes, and in one of twenty calls or more."
      query = join(" ", [
        "(sum by (service_name) (increase(${local.failures}[15m])) >= 3)",
        "and (sum by (service_name) (increase(${local.failures}[15m])) / sum by (service_name) (increase(${local.requests}[15m])) >= 0.05)",
      ])
    }
    dead-letters = {
      title    = "Messages were given up by Pub/Sub"
      severity = "ERROR"
      meaning  = "A message could not be delivered, however often it was tried, and waits among the dead letters. What it was about still stands in the ledger."
      query    = "sum by (subscription_id) (${local.dead_in}) > 0"
    }
    no-arrivals = {
      title    = "Nothing arrives in working hours"
      severity = "ERROR"
      meaning  = "Not a single request has come in for ${var.silence_hours} working hours, by any channel (R1). A quiet day looks like this; so does an MX record that leads nowhere."
      query    = "sum(increase(${local.counted.silent}[5m])) > 0"
    }
    not-handed-on = {
      title    = "Tickets are not handed on to classification"
      severity = "ERROR"
      meaning  = "Ten attempts in 15 minutes to publish tickets that are ready failed (R18). They stay due and are handed on when it works again."
      query    = "sum(increase(${local.counted.not_handed_on}[15m])) >= 10"
    }
    quarantine-grows = {
      title    = "Quarantine grows"
      severity = "WARNING"
      meaning  = "Ten or more messages were put into quarantine within an hour: a wave of spam, or our reader has met something new."
      query    = "sum(increase(${local.counted.quarantined}[1h])) >= 10"
    }
    statistics-unknown = {
      title    = "SendGrid does not say how much mail it took in"
      severity = "WARNING"
      meaning  = "For half an hour SendGrid has not told its count of inbound mail, so a message that it lost would not be missed (R1)."
      query    = "sum(increase(${local.counted.statistics_unknown}[45m])) >= 30"
    }
    sweep-behind = {
      title    = "The sweep does not get done"
      severity = "WARNING"
      meaning  = "Ten of the last 15 sweeps left things due for lack of time: flags, reminders and healing come late."
      query    = "sum(increase(${local.counted.sweep_behind}[15m])) >= 10"
    }
    bell-failing = {
      title    = "The bell does not ring"
      severity = "WARNING"
      meaning  = "Pub/Sub did not take five or more rings in 15 minutes. Letters go out all the same, a few minutes late: the sweep rings again."
      query    = "sum(increase(${local.counted.bell_failed}[15m])) >= 5"
    }
    files-not-kept = {
      title    = "Attachments are not stored"
      severity = "WARNING"
      meaning  = "Three or more attachments could not be stored within an hour (R17). Of the form, the client was told; of a mail, they are still in the message itself."
      query    = "sum(increase(${local.counted.files_not_kept}[1h])) >= 3"
    }
  }

  # What is one line in the log, and one line is enough.
  log_alerts = {
    numbering-gap = {
      title    = "A ticket number has no ticket"
      severity = "CRITICAL"
      meaning  = "Numbers and tickets do not match (R4). Numbers are given in the same commit as their tickets, so somebody or something has changed the ledger from outside."
      by       = ["sla_check"]
      says     = ["numbers_broken"]
    }
    mail-lost = {
      title    = "SendGrid took in mail that never reached us"
      severity = "CRITICAL"
      meaning  = "By its own count SendGrid accepted more messages of clients than it passed on (R1). It keeps none of them."
      by       = ["sla_check"]
      says     = ["inbound_difference"]
      where    = ["missed>0"]
    }
    message-failed = {
      title    = "Our code could not read a message"
      severity = "ERROR"
      meaning  = "A client's message broke our reader, or the ledger would not take it. It is kept as it came, and waits in quarantine."
      by       = ["intake_email"]
      raises   = ["message_failed", "message_refused"]
    }
    letters-given-up = {
      title    = "A letter was given up"
      severity = "ERROR"
      meaning  = "Whether a letter went out is unknown, and a day later nothing was heard of it. Its client may not have the number (R8)."
      by       = ["sla_check"]
      says     = ["letter_given_up"]
    }
    notification-unknown = {
      title    = "The bell rang for a letter that is not there"
      severity = "ERROR"
      meaning  = "A message named no letter of the ledger. Letters are written before the bell rings, so the ledger has lost something, or somebody rang by hand."
      by       = ["notify"]
      says     = ["notification_unknown"]
      raises   = ["bell_message_malformed"]
    }
    document-unreadable = {
      title    = "A document in the ledger can't be read"
      severity = "ERROR"
      meaning  = "The sweep or the desk met a document that this version of the code can't read; it is passed over, and nothing that it needs is done."
      by       = ["sla_check", "desk"]
      raises   = ["document_unreadable"]
    }
  }

  # The filter of what is counted, and of what is one line.
  log_filters = {
    for name, line in merge(local.log_counters, local.log_alerts) : name => join(" AND ", concat(
      ["resource.type=\"cloud_run_revision\""],
      ["resource.labels.service_name=(${join(" OR ", [for each in line.by : "\"${local.names[each]}\""])})"],
      ["(${join(" OR ", concat(
        [for each in try(line.says, []) : "jsonPayload.message=\"${each}\""],
        [for each in try(line.raises, []) : "jsonPayload.event=\"${each}\""],
      ))})"],
      [for each in try(line.where, []) : "jsonPayload.${each}"],
    ))
  }

  # Pages that anybody can ask for, and what they answer when they work. The webhooks take nothing but a POST.
  uptime_checks = {
    intake_form  = { status = 200, holds = "техническую" }
    intake_email = { status = 405, holds = "SendGrid" }
    delivery     = { status = 405, holds = "SendGrid" }
  }
}

resource "google_logging_metric" "counter" {
  for_each = local.log_counters

  name        = "intake_${each.key}"
  description = each.value.what
  filter      = local.log_filters[each.key]
  label_extractors = {
    for field in compact([try(each.value.by_field, "")]) : field => "EXTRACT(jsonPayload.${field})"
  }
  depends_on = [google_project_service.api]

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"

    dynamic "labels" {
      for_each = compact([try(each.value.by_field, "")])
      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }
}

resource "google_logging_metric" "standing" {
  for_each = local.standing_values

  name            = "intake_standing_${each.key}"
  description     = each.value
  filter          = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${local.names["sla_check"]}\" AND jsonPayload.message=\"standing\""
  value_extractor = "EXTRACT(jsonPayload.${each.key})"
  depends_on      = [google_project_service.api]

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = endswith(each.key, "_s") ? "s" : "1"
  }

  # Only sum and count are asked for.
  bucket_options {
    exponential_buckets {
      num_finite_buckets = 24
      growth_factor      = 2
      scale              = 1
    }
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  display_name = each.key
  type         = "email"
  labels       = { email_address = each.key }
  depends_on   = [google_project_service.api]
}

locals {
  mailed = [for channel in google_monitoring_notification_channel.email : channel.name]
  channels = {
    CRITICAL = concat(local.mailed, var.pager_channels)
    ERROR    = local.mailed
    WARNING  = local.mailed
  }
}

resource "google_monitoring_alert_policy" "judged" {
  for_each = local.alerts

  display_name          = "PASS24 Intake: ${each.value.title}"
  severity              = each.value.severity
  combiner              = "OR"
  notification_channels = local.channels[each.value.severity]
  user_labels           = merge(local.labels, { playbook = each.key })
  depends_on            = [google_logging_metric.counter]

  conditions {
    display_name = each.value.title
    condition_prometheus_query_language {
      query                     = each.value.query
      duration                  = "0s"
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = "1800s"
  }

  documentation {
    subject   = each.value.title
    content   = "${each.value.meaning}\n\nWhat to do: ${var.playbooks_url}/${each.key}.md"
    mime_type = "text/markdown"
    links {
      display_name = "Playbook"
      url          = "${var.playbooks_url}/${each.key}.md"
    }
  }
}

resource "google_monitoring_alert_policy" "logged" {
  for_each = local.log_alerts

  display_name          = "PASS24 Intake: ${each.value.title}"
  severity              = each.value.severity
  combiner              = "OR"
  notification_channels = local.channels[each.value.severity]
  user_labels           = merge(local.labels, { playbook = each.key })
  depends_on            = [google_project_service.api]

  conditions {
    display_name = each.value.title
    condition_matched_log {
      filter = local.log_filters[each.key]
    }
  }

  alert_strategy {
    auto_close = "86400s" # one line says that it happened, and nothing says that it is over
    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    subject   = each.value.title
    content   = "${each.value.meaning}\n\nWhat to do: ${var.playbooks_url}/${each.key}.md"
    mime_type = "text/markdown"
    links {
      display_name = "Playbook"
      url          = "${var.playbooks_url}/${each.key}.md"
    }
  }
}

resource "google_monitoring_uptime_check_config" "page" {
  for_each = local.uptime_checks

  display_name       = "PASS24 Intake: ${local.names[each.key]}"
  period             = "300s"
  timeout            = "10s"
  log_check_failures = true
  user_labels        = local.labels
  depends_on         = [google_project_service.api]

  http_check {
    path           = "/"
    port           = 443
    use_ssl        = true
    validate_ssl   = true
    request_method = "GET"

    accepted_response_status_codes {
      status_value = each.value.status
    }
  }

  monitored_resource {
    type = "uptime_url"
    labels = {
      project_id = var.project_id
      host       = trimprefix(google_cloudfunctions2_function.function[each.key].service_config[0].uri, "https://")
    }
  }

  content_matchers {
    content = each.value.holds
    matcher = "CONTAINS_STRING"
  }
}

# As the console makes it for an uptime check: failing, seen from more than one place.
resource "google_monitoring_alert_policy" "unreachable" {
  display_name          = "PASS24 Intake: Clients or SendGrid can't reach a function"
  severity              = "CRITICAL"
  combiner              = "OR"
  notification_channels = local.channels["CRITICAL"]
  user_labels           = merge(local.labels, { playbook = "unreachable" })

  dynamic "conditions" {
    for_each = local.uptime_checks

    content {
      display_name = "${local.names[conditions.key]} can't be reached"
      condition_threshold {
        filter = join(" AND ", [
          "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\"",
          "metric.labels.check_id=\"${google_monitoring_uptime_check_config.page[conditions.key].uptime_check_id}\"",
          "resource.type=\"uptime_url\"",
        ])
        comparison      = "COMPARISON_GT"
        threshold_value = 1
        duration        = "300s"

        aggregations {
          alignment_period     = "300s"
          per_series_aligner   = "ALIGN_NEXT_OLDER"
          cross_series_reducer = "REDUCE_COUNT_FALSE"
          group_by_fields      = ["resource.label.host"]
        }
      }
    }
  }

  alert_strategy {
    auto_close = "1800s"
  }

  documentation {
    subject   = "Clients or SendGrid can't reach a function"
    content   = "From outside, the form or one of SendGrid's webhooks does not answer as it should.\n\nWhat to do: ${var.playbooks_url}/unreachable.md"
    mime_type = "text/markdown"
    links {
      display_name = "Playbook"
      url          = "${var.playbooks_url}/unreachable.md"
    }
  }
}
