{{/* What the restricted Pod Security standard asks of a pod, and of each of its containers. */}}
{{- define "trustrelay-lib.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.global.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "trustrelay-lib.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  privileged: false
  runAsNonRoot: true
  runAsUser: 10001
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* Startup and liveness ask whether the process lives, never whether its dependencies do: a dead database must not restart everything. */}}
{{- define "trustrelay-lib.probes" -}}
{{- $p := .root.Values.probes }}
{{- $port := include "trustrelay-lib.healthPort" . -}}
startupProbe:
  tcpSocket: {port: {{ $port }}}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: {{ $p.startupFailures }}
readinessProbe:
  grpc: {port: {{ $port }}}
  periodSeconds: {{ $p.readinessPeriodSeconds }}
  timeoutSeconds: 5
  failureThreshold: 3
livenessProbe:
  {{- if $p.aliveService }}
  grpc: {port: {{ $port }}, service: {{ $p.aliveService | quote }}}
  {{- else }}
  tcpSocket: {port: {{ $port }}}
  {{- end }}
  periodSeconds: 20
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{/* Settings that every service takes. */}}
{{- define "trustrelay-lib.env" -}}
- {name: TRUSTRELAY_HOST, value: "0.0.0.0"}
- {name: TRUSTRELAY_PORT, value: {{ .port | quote }}}
- {name: TRUSTRELAY_LOG_LEVEL, value: {{ .root.Values.logLevel | quote }}}
- {name: TRUSTRELAY_DRAIN_SECONDS, value: {{ .root.Values.drainSeconds | quote }}}
- {name: TRUSTRELAY_MAX_CONNECTION_AGE_SECONDS, value: {{ .root.Values.maxConnectionAgeSeconds | quote }}}
{{- with .root.Values.global.otlp.endpoint }}
- {name: TRUSTRELAY_OTLP_ENDPOINT, value: {{ . | quote }}}
- {name: TRUSTRELAY_METRICS_INTERVAL_SECONDS, value: {{ $.root.Values.global.otlp.metricsIntervalSeconds | quote }}}
{{- end }}
{{- range $name, $value := .root.Values.extraEnv }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{/* One setting from a secret: dict "env" NAME "secret" NAME "key" KEY. */}}
{{- define "trustrelay-lib.secretEnv" -}}
- name: {{ .env }}
  valueFrom: {secretKeyRef: {name: {{ .secret | quote }}, key: {{ .key | quote }}}}
{{- end }}

{{/* Fails with what to do: dict "value" V "path" VALUE.PATH "what" WHAT "keys" KEYS. */}}
{{- define "trustrelay-lib.needSecret" -}}
{{- required (printf "%s is not set: create a Secret with %s (key %s) and give its name, e.g. --set %s=NAME" .path .what .keys .path) .value -}}
{{- end }}

{{- define "trustrelay-lib.need" -}}
{{- required (printf "%s is not set: give %s, e.g. --set %s=%s" .path .what .path .example) .value -}}
{{- end }}
