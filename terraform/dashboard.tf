# One page that answers: does it work, how much comes in, do the letters arrive, what waits for whom.

locals {
  # Two in a row. A line's legend is a text, or the value of a label: $${labels.channel}
  charts = [
    {
      title = "Requests registered, by channel (10 min)"
      lines = { "$${labels.channel}" = "sum by (channel) (increase(${local.counted.registered}[10m]))" }
    },
    {
      title = "Age of the oldest request without a number, and of the oldest message in quarantine (s)"
      lines = {
        "no number"  = local.standing_mean.oldest_unregistered_s
        "quarantine" = local.standing_mean.oldest_quarantined_s
      }
    },
    {
      title = "Waiting: without a number, in quarantine, flagged as late"
      lines = {
        "no number"  = local.standing_mean.received
        "quarantine" = local.standing_mean.quarantined
        "late"       = local.standing_mean.late
      }
    },
    {
      title = "Letters: taken and not taken by SendGrid (10 min)"
      lines = {
        "taken"     = "sum(increase(${local.counted.letters_sent}[10m]))"
        "not taken" = "sum(increase(${local.counted.letters_not_sent}[10m]))"
      }
    },
    {
      title = "What became of letters (10 min)"
      lines = { "$${labels.state}" = "sum by (state) (increase(${local.counted.letter_outcomes}[10m]))" }
    },
    {
      title = "Age of the oldest ticket whose client is not known to have the number (s)"
      lines = { "oldest" = local.standing_mean.oldest_unconfirmed_s }
    },
    {
      title = "Messages put into quarantine, by reason (1 h)"
      lines = { "$${labels.reason}" = "sum by (reason) (increase(${local.counted.quarantined}[1h]))" }
    },
    {
      title = "Sweeps done (10 min; ten are usual)"
      lines = { "sweeps" = "sum(increase(${local.counted.sweeps}[10m]))" }
    },
    {
      title = "Calls, by function (per second)"
      lines = { "$${labels.service_name}" = "sum by (service_name) (rate(run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\"}[5m]))" }
    },
    {
      title = "Failed calls, by function (10 min)"
      lines = { "$${labels.service_name}" = "sum by (service_name) (increase(run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",response_code_class=\"5xx\"}[10m]))" }
    },
    {
      title = "Time to answer, 95th percentile, by function (ms)"
      lines = { "$${labels.service_name}" = "histogram_quantile(0.95, sum by (service_name, le) (rate(run_googleapis_com:request_latencies_bucket{monitored_resource=\"cloud_run_revision\"}[10m])))" }
    },
    {
      title = "Messages that wait, by subscription"
      lines = { "$${labels.subscription_id}" = "sum by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\"})" }
    },
  ]
}

resource "google_monitoring_dashboard" "intake" {
  depends_on = [google_logging_metric.counter, google_logging_metric.standing]

  dashboard_json = jsonencode({
    displayName = "PASS24 Intake"
    gridLayout = {
      columns = "2"
      widgets = [
        for chart in local.charts : {
          title = chart.title
          xyChart = {
            dataSets = [
              for legend, query in chart.lines : {
                plotType        = "LINE"
                targetAxis      = "Y1"
                legendTemplate  = legend
                timeSeriesQuery = { prometheusQuery = query }
              }
            ]
          }
        }
      ]
    }
  })
}
