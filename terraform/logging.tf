# No client's name, address or number in the log of requests, which holds each one's whole address for 30 days, and which
# an erasure does not reach (docs/adr/0020-erasure.md). Pages are made so that there is nothing in an address, but for:
#
#   /tickets?q=TEXT   the desk's search: a page that can be loaded again and shared. A place in what was found (`older`,
#                     `newer`) holds a name as well, and never stands without the text.
#   /files/TOKEN      what a client sent: the token holds the file's name, signed and readable
#
# Of these no entry is kept, neither the function's nor the load balancer's. The page that is opened next does not say
# where it was come from (`Referrer-Policy: strict-origin`), so its entry may stay.
#
# Nothing that is counted is lost. Calls, errors and times are Cloud Run's own metrics (`run.googleapis.com/…`), which are
# not made of logs. What monitoring.tf counts are lines that the functions write: they have no `httpRequest`, so this
# filter takes none of them, and metrics of our own would count what is excluded, too
# (https://cloud.google.com/logging/docs/logs-based-metrics). A search that fails still says so in a line of its own.
resource "google_logging_project_exclusion" "addresses_with_clients_data" {
  name        = "addresses-with-clients-data"
  description = "Requests whose address holds what a specialist looks for, or the name of a client's file."
  depends_on  = [google_project_service.api]

  filter = join(" AND ", [
    "httpRequest.requestUrl=~\"[?&]q=[^&]|/files/\"",
    # The specialists' own, and nobody else's: whoever knocks at a public function can't keep himself out of the log.
    "(${join(" OR ", [
      "(resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${local.names["desk"]}\")",
      "(resource.type=\"http_load_balancer\" AND resource.labels.url_map_name=\"${google_compute_url_map.staff.name}\")",
    ])})",
  ])
}
