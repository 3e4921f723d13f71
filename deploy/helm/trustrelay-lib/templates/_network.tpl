{{/* NetworkPolicies: each names both directions of one kind of pod; what is not named is refused. */}}

{{/* dict: root, name, ingress and egress (YAML lists, "" for nothing), and hook where it must be there before a hook's pod. */}}
{{- define "trustrelay-lib.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "trustrelay-lib.fullname" . }}
  labels: {{- include "trustrelay-lib.labels" . | nindent 4 }}
  {{- with .hook }}
  annotations: {{- include "trustrelay-lib.beforeHook" . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels: {{- include "trustrelay-lib.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with trim (.ingress | default "") }}
  ingress: {{- . | nindent 4 }}
  {{- end }}
  {{- with trim (.egress | default "") }}
  egress: {{- . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* A pod of this release: dict root, name. */}}
{{- define "trustrelay-lib.pod" -}}
- podSelector:
    matchLabels: {app.kubernetes.io/name: {{ .name }}, app.kubernetes.io/instance: {{ .root.Release.Name }}}
{{- end }}

{{/* One ingress rule from pods of this release: dict root, port, from (list of names). */}}
{{- define "trustrelay-lib.from" -}}
- from:
    {{- range .from }}
    {{- include "trustrelay-lib.pod" (dict "root" $.root "name" .) | nindent 4 }}
    {{- end }}
  ports: [{port: {{ .port }}, protocol: TCP}]
{{- end }}

{{/* Ingress to a service: its callers in this release, and what the chart's values add. dict root, port, callers. */}}
{{- define "trustrelay-lib.ingress" -}}
{{- with .callers }}
{{ include "trustrelay-lib.from" (dict "root" $.root "port" $.port "from" .) }}
{{- end }}
{{- with .root.Values.networkPolicy.extraIngress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* One egress rule to a pod of this release: dict root, name, and port where it is no service of ours. */}}
{{- define "trustrelay-lib.to" -}}
- to:
    {{- include "trustrelay-lib.pod" . | nindent 4 }}
  ports: [{port: {{ .port | default (include "trustrelay-lib.portOf" .name) }}, protocol: TCP}]
{{- end }}

{{- define "trustrelay-lib.toDNS" -}}
- to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
      podSelector: {matchLabels: {k8s-app: kube-dns}}
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- end }}

{{/* Egress to infrastructure: the development stand-in's pod, or the peers in values. dict root, dev (its name), conf (peers, port), path, what. */}}
{{- define "trustrelay-lib.toInfrastructure" -}}
{{- if and .root.Values.global.dev .dev }}
{{- include "trustrelay-lib.to" (dict "root" .root "name" .dev "port" .conf.port) }}
{{- else -}}
{{- if not .conf.peers }}
{{- fail (printf "%s.peers is empty: list where %s is, as NetworkPolicy peers, e.g. --set-json '%s.peers=[{\"ipBlock\":{\"cidr\":\"10.0.0.0/24\"}}]'" .path .what .path) }}
{{- end -}}
- to: {{- toYaml .conf.peers | nindent 4 }}
  ports: [{port: {{ .conf.port }}, protocol: TCP}]
{{- end }}
{{- end }}

{{- define "trustrelay-lib.toStore" -}}
{{ include "trustrelay-lib.toInfrastructure" (dict "root" .root "dev" "dev-s3" "conf" .root.Values.global.objectStore "path" "global.objectStore" "what" "the object store") }}
{{- end }}

{{- define "trustrelay-lib.toTemporal" -}}
{{ include "trustrelay-lib.toInfrastructure" (dict "root" .root "dev" "dev-temporal" "conf" .root.Values.global.temporal "path" "global.temporal" "what" "the Temporal frontend") }}
{{- end }}

{{- define "trustrelay-lib.toDatabase" -}}
{{ include "trustrelay-lib.toInfrastructure" (dict "root" .root "dev" "dev-postgres" "conf" .root.Values.global.database "path" "global.database" "what" "Postgres") }}
{{- end }}

{{/* DNS, the collector where there is one, and what the chart's values add. */}}
{{- define "trustrelay-lib.toCommon" -}}
{{ include "trustrelay-lib.toDNS" . }}
{{- if .root.Values.global.otlp.endpoint }}
{{ include "trustrelay-lib.toInfrastructure" (dict "root" .root "conf" .root.Values.global.otlp "path" "global.otlp" "what" "the OpenTelemetry collector") }}
{{- end }}
{{- with .root.Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}
