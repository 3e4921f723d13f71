{{/* Names, labels and images. Arguments everywhere: dict "root" $ "name" COMPONENT, and "domain" for workers. */}}

{{- define "trustrelay-lib.fullname" -}}
{{- $name := .name }}{{ if .domain }}{{ $name = printf "%s-%s" .name .domain }}{{ end -}}
{{- printf "%s-%s" .root.Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* gRPC port of a component's pods and Service, by its name. No value: callers are other charts and could not see it. */}}
{{- define "trustrelay-lib.portOf" -}}
{{- get (dict "case-api" 50051 "document-service" 50052 "osint-service" 50053 "persistence-service" 50054 "workflow-worker" 50055) . -}}
{{- end }}

{{- define "trustrelay-lib.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- if .domain }}
trustrelay.io/domain: {{ .domain }}
{{- end }}
{{- end }}

{{- define "trustrelay-lib.labels" -}}
{{ include "trustrelay-lib.selector" . }}
app.kubernetes.io/part-of: trustrelay
app.kubernetes.io/version: {{ include "trustrelay-lib.tag" . | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* The chart's own tag, then the global one, then the chart's appVersion. */}}
{{- define "trustrelay-lib.tag" -}}
{{- .root.Values.image.tag | default .root.Values.global.image.tag | default .root.Chart.AppVersion -}}
{{- end }}

{{- define "trustrelay-lib.image" -}}
{{- $image := .root.Values.image }}{{ $registry := .root.Values.global.image.registry -}}
{{- if $registry }}{{ $registry }}/{{ end }}{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ include "trustrelay-lib.tag" . }}{{ end -}}
{{- end }}

{{/* An account without rights and without a token: dict root, name, and optional annotations, or hook where it must be there before a hook's pod. */}}
{{- define "trustrelay-lib.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "trustrelay-lib.fullname" . }}
  labels: {{- include "trustrelay-lib.labels" . | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .hook }}
  annotations: {{- include "trustrelay-lib.beforeHook" . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}

{{/* Annotations of what a hook's pod needs: made before it, in the same events. */}}
{{- define "trustrelay-lib.beforeHook" -}}
helm.sh/hook: {{ . }}
helm.sh/hook-weight: "-10"
helm.sh/hook-delete-policy: before-hook-creation
{{- end }}
