{{/* NOTES.txt of a service's chart, shown where it is installed alone: dict root, name, callers (components) and needs (lines). */}}
{{- define "trustrelay-lib.notes" -}}
Trust Relay {{ .name }} {{ include "trustrelay-lib.tag" . }} as release {{ .root.Release.Name }} in {{ .root.Release.Namespace }}.

  gRPC        {{ include "trustrelay-lib.target" . }}{{ if .root.Values.global.tls.enabled }} (mutual TLS){{ end }}
  watch it    kubectl -n {{ .root.Release.Namespace }} get pods -l app.kubernetes.io/name={{ .name }},app.kubernetes.io/instance={{ .root.Release.Name }}
{{ range .needs }}
  {{ . }}
{{- end }}
{{- if .callers }}
  Expected callers are pods of this same release: {{ join ", " .callers }}. Chart trustrelay installs all five services together.
{{- end }}
{{- if not .root.Values.global.tls.enabled }}
  Calls are in plain text: set global.tls.enabled, or use a mesh.
{{- end }}
{{- if not .root.Values.global.otlp.endpoint }}
  No telemetry is exported: set global.otlp.endpoint.
{{- end }}
{{- end }}
