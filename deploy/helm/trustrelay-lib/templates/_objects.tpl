{{/* Service, disruption budget and autoscaler of one Deployment. */}}

{{/* Headless: gRPC clients see every pod and balance by themselves; behind a ClusterIP one connection means one pod. */}}
{{- define "trustrelay-lib.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "trustrelay-lib.fullname" . }}
  labels: {{- include "trustrelay-lib.labels" . | nindent 4 }}
spec:
  clusterIP: None
  selector: {{- include "trustrelay-lib.selector" . | nindent 4 }}
  ports:
    - {name: grpc, port: {{ .port }}, targetPort: grpc, protocol: TCP, appProtocol: {{ include "trustrelay-lib.appProtocol" . }}}
{{- end }}

{{/* So that a gateway or mesh in between knows what it passes on. */}}
{{- define "trustrelay-lib.appProtocol" -}}
{{ ternary "https" "kubernetes.io/h2c" .root.Values.global.tls.enabled }}
{{- end }}

{{- define "trustrelay-lib.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "trustrelay-lib.fullname" . }}
  labels: {{- include "trustrelay-lib.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .root.Values.podDisruptionBudget.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "trustrelay-lib.selector" . | nindent 6 }}
{{- end }}

{{/* dict also has "scaling": enabled, minReplicas, maxReplicas, targetCPUPercent. */}}
{{- define "trustrelay-lib.autoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "trustrelay-lib.fullname" . }}
  labels: {{- include "trustrelay-lib.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "trustrelay-lib.fullname" . }}}
  minReplicas: {{ .scaling.minReplicas }}
  maxReplicas: {{ .scaling.maxReplicas }}
  behavior: {scaleDown: {stabilizationWindowSeconds: 300}}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ .scaling.targetCPUPercent }}}}
{{- end }}

{{/* Everything around a plain service: account, Service, certificate, budget, autoscaler. */}}
{{- define "trustrelay-lib.around" -}}
{{ include "trustrelay-lib.serviceAccount" . }}
---
{{ include "trustrelay-lib.service" . }}
{{- include "trustrelay-lib.certificate" (merge (dict "secret" .root.Values.tlsSecret "valueName" (printf "%s.tlsSecret" .name)) .) }}
---
{{ include "trustrelay-lib.budget" . }}
{{- if .root.Values.autoscaling.enabled }}
---
{{ include "trustrelay-lib.autoscaler" (merge (dict "scaling" .root.Values.autoscaling) .) }}
{{- end }}
{{- end }}
