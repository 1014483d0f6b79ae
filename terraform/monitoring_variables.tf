# Who is called, and from what on; everything else of the alerts is in monitoring.tf.

variable "alert_emails" {
  description = "Addresses that every alert is mailed to. Google sends these mails, not our SendGrid account."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.alert_emails) > 0 && alltrue([for each in var.alert_emails : can(regex("^[^@ ,<>]+@[^@ ,<>]+\\.[^@ ,<>]+$", each))])
    error_message = "Somebody must hear of an alert: at least one e-mail address."
  }
}

variable "pager_channels" {
  description = "Notification channels made elsewhere (a pager, SMS, a chat) that get the CRITICAL alerts, too: projects/…/notificationChannels/…"
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for each in var.pager_channels : can(regex("^projects/[^/]+/notificationChannels/[^/]+$", each))])
    error_message = "A channel is written as projects/PROJECT/notificationChannels/NUMBER."
  }
}

variable "playbooks_url" {
  description = "Where people read docs/playbooks of this repository: https://github.com/OWNER/NAME/blob/main/docs/playbooks"
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://.+[^/]$", var.playbooks_url))
    error_message = "An https:// address without a slash at its end."
  }
}

variable "silence_hours" {
  description = "Working hours without a single request after which somebody looks (R1); what is usual depends on how much comes in."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.silence_hours >= 1
    error_message = "sla_check speaks of silence from one working hour on."
  }
}
