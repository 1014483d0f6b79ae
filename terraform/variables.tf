# What differs from one deployment to another. terraform.tfvars.example shows all that must be given.

variable "project_id" {
  description = "The Google Cloud project; it exists and has a billing account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project's id has 6 to 30 lower-case letters, digits and hyphens."
  }
}

# Where things are, and the clients' data with them

variable "region" {
  description = "Region of the functions, their secrets, their archives and the scheduler."
  type        = string
  default     = "europe-west1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is written as europe-west1."
  }
}

variable "firestore_location" {
  description = "Where the ledger is: a region or multi-region (eur3, nam5). It can never be changed."
  type        = string
  default     = "eur3"
  nullable    = false
}

variable "files_location" {
  description = "Where messages and files are kept: a region, a dual-region or a multi-region (EU, US). It can never be changed."
  type        = string
  default     = "EU"
  nullable    = false
}

variable "sendgrid_region" {
  description = "Where SendGrid keeps what it handles: global, or eu, which takes a subuser of that region in SendGrid."
  type        = string
  default     = "global"
  nullable    = false

  validation {
    condition     = contains(["global", "eu"], var.sendgrid_region)
    error_message = "SendGrid has the regions global and eu."
  }
}

# The ledger

variable "firestore_database" {
  description = "Name of the ledger's database. A backup is restored into another one: see docs/deploy.md."
  type        = string
  default     = "(default)"
  nullable    = false
}

variable "first_ticket_number" {
  description = "The number of the very first ticket (R4). It has no effect once there is one."
  type        = number
  nullable    = false

  validation {
    condition     = var.first_ticket_number >= 1 && floor(var.first_ticket_number) == var.first_ticket_number
    error_message = "Ticket numbers are whole and begin at 1 or above."
  }
}

# Addresses

variable "support_address" {
  description = "The mailbox that clients write to; letters come from it, too. Its domain's or subdomain's mail goes to SendGrid."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^@ ,<>]+@[^@ ,<>]+\\.[^@ ,<>]+$", var.support_address))
    error_message = "This is no e-mail address."
  }
}

variable "inbound_host" {
  description = "Host of which SendGrid takes the mail (MX, Inbound Parse): the support address's own domain, or a subdomain to which its mailbox forwards."
  type        = string
  nullable    = false
}

variable "specialists_email" {
  description = "Who is told of every new ticket (R11)."
  type        = string
  nullable    = false
}

variable "head_email" {
  description = "The head of support: told of what is late, gets the day's report (R16)."
  type        = string
  nullable    = false
}

variable "form_url" {
  description = "Public address of the form, where it has one of its own; null: the function's."
  type        = string
  default     = null

  validation {
    condition     = var.form_url == null || can(regex("^https://[^/]+(/.*)?$", var.form_url))
    error_message = "The form is reached over https://."
  }
}

# The staff: the desk, and the page for calls

variable "staff_hosts" {
  description = "Host names of the desk and of the page for calls. Both point to the address in the output dns."
  type = object({
    desk         = string
    intake_phone = string
  })
  nullable = false

  validation {
    condition     = alltrue([for host in values(var.staff_hosts) : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", host))])
    error_message = "A host name is written without https:// and without a path."
  }

  validation {
    condition     = var.staff_hosts.desk != var.staff_hosts.intake_phone
    error_message = "The two pages need two host names."
  }
}

variable "staff_group" {
  description = "Google group whose members Identity-Aware Proxy lets through; who may do what is in specialists and heads."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^@: ]+@[^@: ]+$", var.staff_group))
    error_message = "Give the group's e-mail address, without \"group:\"."
  }
}

variable "specialists" {
  description = "Who may look and act at the desk and register calls: «Имя <address>», or addresses; of Google accounts."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.specialists) > 0 && !strcontains(join("", var.specialists), ",")
    error_message = "At least one specialist, each without a comma."
  }
}

variable "heads" {
  description = "Who may decide about personal data, too; written as specialists."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = !strcontains(join("", var.heads), ",")
    error_message = "A name has no comma."
  }
}

variable "access_contact" {
  description = "Whom those are told to ask who are not let in."
  type        = string
  nullable    = false
}

# SendGrid's keys, public ones: they are no secrets

variable "inbound_keys" {
  description = "SendGrid's public keys for Inbound Parse; several while one replaces the other. Without any, mail is asked to come again."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "event_keys" {
  description = "SendGrid's public keys for the Event Webhook; several while one replaces the other. Without any, events are asked to come again."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "captcha_client_key" {
  description = "Public key of Yandex SmartCaptcha; null: the form has no captcha, and there is no secret for it."
  type        = string
  default     = null
}

# Secrets: their values are added by hand (docs/deploy.md)

variable "secret_versions" {
  description = "Which version of each secret the functions get, by the secret's name; what is not named: version 1."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.secret_versions) : contains(keys(local.secrets), name)])
    error_message = "There is no such secret; secrets.tf lists them."
  }

  validation {
    condition     = alltrue([for version in values(var.secret_versions) : version >= 1 && floor(version) == version])
    error_message = "Versions are whole numbers from 1 on: what is deployed must not change by itself."
  }
}

# Tuning

variable "settings" {
  description = "Further settings of the functions, by name (WORKING_HOURS, DUPLICATE_WINDOW, FRAME_ANCESTORS…): functions/*/settings.py says what they mean. Each function that has one gets it."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for name in keys(var.settings) :
      contains(flatten([for function in local.functions : function.settings]), name) && !contains(keys(local.settings), name)
    ])
    error_message = "No function has this setting, or it has a variable of its own."
  }
}

variable "warm_instances" {
  description = "Instances of the form that are kept running, so that nobody waits two seconds for the first page; 0 is cheaper."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = contains([0, 1, 2], var.warm_instances)
    error_message = "0 to 2: the form has three instances at most."
  }
}

variable "classification_members" {
  description = "Accounts of whatever classifies tickets, such as serviceAccount:…: they may fetch from the subscription classification (R18)."
  type        = list(string)
  default     = []
  nullable    = false
}
