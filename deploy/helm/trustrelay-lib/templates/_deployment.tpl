{{/*
A Deployment of one container. dict: root, name, domain (workers), port, replicas, env (YAML list), and optional
args (list), mounts, volumes (YAML lists), and for mutual TLS callers (components) and outsiders (names in certificates).
*/}}
{{- define "trustrelay-lib.deployment" -}}
{{- $v := .root.Values }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "trustrelay-lib.fullname" . }}
  labels: {{- include "trustrelay-lib.labels" . | nindent 4 }}
spec:
  {{- if not .scaled }}
  replicas: {{ .replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  selector:
    matchLabels: {{- include "trustrelay-lib.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "trustrelay-lib.labels" . | nindent 8 }}
        {{- with $v.podLabels }}{{ toYaml . | nindent 8 }}{{ end }}
      {{- with $v.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "trustrelay-lib.fullname" (omit . "domain") }}
      {{- include "trustrelay-lib.podSecurity" . | nindent 6 }}
      terminationGracePeriodSeconds: {{ add $v.drainSeconds $v.preStopSeconds 15 }}
      {{- include "trustrelay-lib.placement" . | nindent 6 }}
      containers:
        - name: {{ .name }}
          image: {{ include "trustrelay-lib.image" . }}
          imagePullPolicy: {{ $v.global.image.pullPolicy }}
          {{- with .args }}
          args: {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- include "trustrelay-lib.containerSecurity" . | nindent 10 }}
          ports:
            - {name: grpc, containerPort: {{ .port }}, protocol: TCP}
            {{- if $v.global.tls.enabled }}
            - {name: health, containerPort: {{ include "trustrelay-lib.healthPort" . }}, protocol: TCP}
            {{- end }}
          env: {{- include "trustrelay-lib.env" . | nindent 12 }}
            {{- .env | nindent 12 }}
            {{- with include "trustrelay-lib.tlsEnv" . }}{{ . | nindent 12 }}{{ end }}
            {{- with include "trustrelay-lib.tlsServerEnv" . }}{{ . | nindent 12 }}{{ end }}
          resources: {{- toYaml $v.resources | nindent 12 }}
          {{- include "trustrelay-lib.probes" . | nindent 10 }}
          lifecycle:
            # Endpoints and clients need a moment to forget this pod before it refuses calls.
            preStop: {exec: {command: [sleep, {{ $v.preStopSeconds | quote }}]}}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            {{- with .mounts }}{{ . | nindent 12 }}{{ end }}
            {{- with include "trustrelay-lib.tlsMount" . }}{{ . | nindent 12 }}{{ end }}
      volumes:
        - {name: tmp, emptyDir: {sizeLimit: {{ $v.tmpSize }}}}
        {{- with .volumes }}{{ . | nindent 8 }}{{ end }}
        {{- with include "trustrelay-lib.tlsVolume" (merge (dict "secret" $v.tlsSecret) .) }}{{ . | nindent 8 }}{{ end }}
{{- end }}

{{/* Spread over zones and nodes where there are several; never a reason not to run. */}}
{{- define "trustrelay-lib.placement" -}}
{{- $v := .root.Values -}}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "trustrelay-lib.selector" $ | nindent 8 }}
  {{- end }}
{{- with $v.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}
