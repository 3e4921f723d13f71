{{/* Settings and volumes of the two clients of Temporal: case-api and workflow-worker. */}}

{{- define "trustrelay-lib.temporalAddress" -}}
{{- $g := .root.Values.global -}}
{{- if $g.dev }}{{ .root.Release.Name }}-dev-temporal:{{ $g.temporal.port }}
{{- else }}{{ include "trustrelay-lib.need" (dict "value" $g.temporal.address "path" "global.temporal.address" "what" "the Temporal frontend as host:port" "example" "temporal-frontend.temporal:7233") }}{{ end -}}
{{- end }}

{{- define "trustrelay-lib.storeEndpoint" -}}
{{- $g := .root.Values.global -}}
{{- if $g.dev }}{{ .root.Release.Name }}-dev-s3.{{ .root.Release.Namespace }}:{{ $g.objectStore.port }}
{{- else }}{{ include "trustrelay-lib.need" (dict "value" $g.objectStore.endpoint "path" "global.objectStore.endpoint" "what" "the object store as host:port" "example" "minio.storage:9000") }}{{ end -}}
{{- end }}

{{- define "trustrelay-lib.temporalConnection" -}}
- {name: TRUSTRELAY_TEMPORAL_ADDRESS, value: {{ include "trustrelay-lib.temporalAddress" . | quote }}}
- {name: TRUSTRELAY_TEMPORAL_NAMESPACE, value: {{ .root.Values.global.temporal.namespace | quote }}}
{{- if .root.Values.global.temporal.tlsSecret }}
- {name: TRUSTRELAY_TEMPORAL_TLS_CA_FILE, value: /etc/trustrelay/temporal-tls/ca.crt}
- {name: TRUSTRELAY_TEMPORAL_TLS_CERT_FILE, value: /etc/trustrelay/temporal-tls/tls.crt}
- {name: TRUSTRELAY_TEMPORAL_TLS_KEY_FILE, value: /etc/trustrelay/temporal-tls/tls.key}
{{- end }}
{{- with .root.Values.global.temporal.serverName }}
- {name: TRUSTRELAY_TEMPORAL_TLS_SERVER_NAME, value: {{ . | quote }}}
{{- end }}
{{- end }}

{{- define "trustrelay-lib.temporalEnv" -}}
{{- $g := .root.Values.global }}
{{- $store := include "trustrelay-lib.needSecret" (dict "value" $g.payloads.storeSecret "path" "global.payloads.storeSecret" "what" "the key of the bucket for Temporal payloads" "keys" "access-key, secret-key") }}
{{- include "trustrelay-lib.temporalConnection" . }}
- {name: TRUSTRELAY_PAYLOAD_KEYS_FILE, value: /etc/trustrelay/payload-keys/payload_keys.json}
- {name: TRUSTRELAY_PAYLOAD_BUCKET, value: {{ $g.payloads.bucket | quote }}}
- {name: TRUSTRELAY_PAYLOAD_S3_ENDPOINT, value: {{ printf "%s://%s" (ternary "https" "http" $g.objectStore.secure) (include "trustrelay-lib.storeEndpoint" .) | quote }}}
{{ include "trustrelay-lib.secretEnv" (dict "env" "TRUSTRELAY_PAYLOAD_S3_ACCESS_KEY" "secret" $store "key" "access-key") }}
{{ include "trustrelay-lib.secretEnv" (dict "env" "TRUSTRELAY_PAYLOAD_S3_SECRET_KEY" "secret" $store "key" "secret-key") }}
{{- end }}

{{- define "trustrelay-lib.temporalVolumes" -}}
- name: payload-keys
  secret: {defaultMode: 0400, secretName: {{ include "trustrelay-lib.needSecret" (dict "value" .root.Values.global.payloads.keysSecret "path" "global.payloads.keysSecret" "what" "the keyring that encrypts what Temporal stores" "keys" "payload_keys.json") | quote }}}
{{- with include "trustrelay-lib.temporalTLSVolume" . }}
{{ . }}
{{- end }}
{{- end }}

{{- define "trustrelay-lib.temporalTLSVolume" -}}
{{- with .root.Values.global.temporal.tlsSecret -}}
- {name: temporal-tls, secret: {secretName: {{ . | quote }}, defaultMode: 0400}}
{{- end }}
{{- end }}

{{- define "trustrelay-lib.temporalTLSMount" -}}
{{- if .root.Values.global.temporal.tlsSecret -}}
- {name: temporal-tls, mountPath: /etc/trustrelay/temporal-tls, readOnly: true}
{{- end }}
{{- end }}

{{- define "trustrelay-lib.temporalMounts" -}}
- {name: payload-keys, mountPath: /etc/trustrelay/payload-keys, readOnly: true}
{{- with include "trustrelay-lib.temporalTLSMount" . }}
{{ . }}
{{- end }}
{{- end }}
