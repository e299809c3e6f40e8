{{- define "roster.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "roster.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "roster.labels" -}}
{{ include "roster.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "roster.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ printf "%s@%s" $image.repository $image.digest }}
{{- else -}}
{{ printf "%s:%s" $image.repository ($image.tag | default .Chart.AppVersion) }}
{{- end -}}
{{- end -}}

{{/* What a pod may do, which is next to nothing. */}}
{{- define "roster.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.serviceAccountName }}
serviceAccountName: {{ . | quote }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "roster.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  privileged: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{/* One file of the secrets' volume: a list of the reference, and the name of the file. Nothing if nothing is named. */}}
{{- define "roster.secretFile" -}}
{{- $reference := index . 0 -}}
{{- if $reference.secretName }}
- secret:
    name: {{ $reference.secretName | quote }}
    items:
      - key: {{ $reference.key | quote }}
        path: {{ index . 1 | quote }}
{{- end }}
{{- end -}}

{{/* What cannot work is refused before anything is installed, with what to do about it. */}}
{{- define "roster.check" -}}
{{- $v := .Values -}}
{{- if not $v.image.repository }}{{ fail "image.repository: name the image that deploy/Dockerfile makes, as your registry has it" }}{{ end -}}
{{- if not $v.database.secretName }}{{ fail "database.secretName: name a Secret that holds the URL of Postgres" }}{{ end -}}
{{- if not $v.keys.secretName }}{{ fail "keys.secretName: name a Secret that holds the keys file; without it each pod would make keys of its own, and links would end with the pod" }}{{ end -}}
{{- if and (gt (int $v.replicas) 1) (not $v.redis.secretName) }}{{ fail "redis.secretName: more than one replica need Redis; name a Secret that holds its URL, or set replicas to 1" }}{{ end -}}
{{- if and $v.mail.secretName (not (and $v.mail.from $v.mail.link)) }}{{ fail "mail: a relay needs mail.from and mail.link" }}{{ end -}}
{{- if and $v.tls.secretName $v.allowPlaintext }}{{ fail "allowPlaintext: stands beside tls.secretName; keep one of them" }}{{ end -}}
{{- if not (or $v.tls.secretName $v.allowPlaintext) }}{{ fail "tls.secretName: name a Secret with a certificate, or set allowPlaintext to true if a service mesh encrypts" }}{{ end -}}
{{- if and $v.tls.clientCa.secretName (not $v.tls.secretName) }}{{ fail "tls.clientCa: needs tls.secretName" }}{{ end -}}
{{- if eq $v.authn.mode "jwt" -}}
{{- if not $v.jwt.issuer }}{{ fail "jwt.issuer: name the issuer of the tokens, exactly as it stands in their iss" }}{{ end -}}
{{- if not (or $v.jwt.jwksUrl $v.jwt.jwks.configMapName) }}{{ fail "jwt.jwksUrl: name where the issuer's keys are, or a ConfigMap that holds them as jwt.jwks.configMapName" }}{{ end -}}
{{- if and $v.jwt.jwksUrl $v.jwt.jwks.configMapName }}{{ fail "jwt.jwks.configMapName: stands beside jwt.jwksUrl; keep one of them" }}{{ end -}}
{{- else -}}
{{- if not (and $v.tls.secretName $v.tls.clientCa.secretName) }}{{ fail "tls: mesh mode ends mutual TLS itself; name tls.secretName and tls.clientCa.secretName" }}{{ end -}}
{{- end -}}
{{- if not $v.callers }}{{ fail "callers: name at least one calling service; nobody else is answered" }}{{ end -}}
{{- range $name, $caller := $v.callers -}}
{{- if eq $v.authn.mode "jwt" -}}
{{- if not (or $caller.subject $caller.clients) }}{{ fail (printf "callers.%s: needs subject or clients in jwt mode" $name) }}{{ end -}}
{{- if $caller.uri }}{{ fail (printf "callers.%s.uri: is for mesh mode" $name) }}{{ end -}}
{{- else -}}
{{- if not $caller.uri }}{{ fail (printf "callers.%s: needs uri in mesh mode" $name) }}{{ end -}}
{{- if or $caller.subject $caller.clients }}{{ fail (printf "callers.%s: subject and clients are for jwt mode" $name) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The configuration. What JSON writes of texts, whole numbers and lists of them is TOML as well. */}}
{{- define "roster.toml" -}}
{{- $v := .Values -}}
listen = "0.0.0.0:50051"
keys_file = "/etc/roster/secrets/keys.toml"
{{- if $v.allowPlaintext }}
allow_plaintext = true
{{- end }}
{{- if $v.policies.files }}
policies_dir = "/etc/roster/policies"
{{- end }}
{{- if $v.policies.enabled }}
enabled_policies = {{ toJson $v.policies.enabled }}
{{- end }}

[server]
health_listen = "0.0.0.0:50052"
{{- range $key, $value := $v.server }}
{{ $key }} = {{ toJson $value }}
{{- end }}

[log]
format = "json"
{{- range $key, $value := $v.log }}
{{ $key }} = {{ toJson $value }}
{{- end }}

[database]
url_file = "/etc/roster/secrets/database-url"
max_connections = {{ int $v.database.maxConnections }}
pooler = {{ toJson $v.database.pooler }}
{{- if $v.redis.secretName }}

[redis]
url_file = "/etc/roster/secrets/redis-url"
{{- end }}
{{- if $v.mail.secretName }}

[mail]
smtp_url_file = "/etc/roster/secrets/smtp-url"
from = {{ toJson $v.mail.from }}
link = {{ toJson $v.mail.link }}
{{- if $v.mail.ca.secretName }}
ca_file = "/etc/roster/secrets/smtp-ca.crt"
{{- end }}
{{- end }}
{{- if $v.tls.secretName }}

[tls]
cert_file = "/etc/roster/tls/tls.crt"
key_file = "/etc/roster/tls/tls.key"
{{- if $v.tls.clientCa.secretName }}
client_ca_file = "/etc/roster/secrets/client-ca.crt"
{{- end }}
{{- end }}

[authn]
mode = {{ toJson $v.authn.mode }}
{{- if eq $v.authn.mode "jwt" }}

[jwt]
issuer = {{ toJson $v.jwt.issuer }}
audience = {{ toJson $v.jwt.audience }}
{{- if $v.jwt.jwksUrl }}
jwks_url = {{ toJson $v.jwt.jwksUrl }}
{{- else }}
jwks_file = "/etc/roster/jwks/jwks.json"
{{- end }}
{{- if $v.jwt.ca.secretName }}
ca_file = "/etc/roster/secrets/jwks-ca.crt"
{{- end }}
{{- with $v.jwt.algorithms }}
algorithms = {{ toJson . }}
{{- end }}
{{- with $v.jwt.maxLifetime }}
max_lifetime = {{ toJson . }}
{{- end }}
{{- with $v.jwt.maxStale }}
max_stale = {{ toJson . }}
{{- end }}
{{- end }}
{{- range $name, $caller := $v.callers }}

[callers.{{ toJson $name }}]
{{- range $key, $value := $caller }}
{{ $key }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- if $v.limits }}

[limits]
{{- range $key, $value := $v.limits }}
{{ $key }} = {{ toJson $value }}
{{- end }}
{{- end }}
{{- end -}}
