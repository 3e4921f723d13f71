{{/* One stand-in: dict root, name, part, port, and storage (volume size) or none, secret, env, from (components that may enter), visitors (peers that may). */}}
{{- define "devservers.server" -}}
{{- $v := .root.Values }}
{{- $full := include "trustrelay-lib.fullname" . }}
apiVersion: v1
kind: Service
metadata:
  name: {{ $full }}
  labels: {{- include "trustrelay-lib.labels" . | nindent 4 }}
spec:
  clusterIP: None
  selector: {{- include "trustrelay-lib.selector" . | nindent 4 }}
  ports: [{name: main, port: {{ .port }}, targetPort: main, protocol: TCP}]
---
{{ include "trustrelay-lib.serviceAccount" . }}
---
apiVersion: apps/v1
kind: {{ ternary "StatefulSet" "Deployment" (not (empty .storage)) }}
metadata:
  name: {{ $full }}
  labels: {{- include "trustrelay-lib.labels" . | nindent 4 }}
spec:
  replicas: 1
  {{- if .storage }}
  serviceName: {{ $full }}
  {{- end }}
  selector:
    matchLabels: {{- include "trustrelay-lib.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "trustrelay-lib.labels" . | nindent 8 }}
    spec:
      serviceAccountName: {{ $full }}
      {{- include "trustrelay-lib.podSecurity" . | nindent 6 }}
      terminationGracePeriodSeconds: 30
      containers:
        - name: {{ .name }}
          image: {{ include "trustrelay-lib.image" . }}
          imagePullPolicy: {{ $v.global.image.pullPolicy }}
          args: [{{ .part }}]
          {{- include "trustrelay-lib.containerSecurity" . | nindent 10 }}
          {{- with .env }}
          env: {{- toYaml . | nindent 12 }}
          {{- end }}
          ports: [{name: main, containerPort: {{ .port }}, protocol: TCP}]
          startupProbe: {tcpSocket: {port: main}, periodSeconds: 2, failureThreshold: 60}
          {{- if .storage }}
          readinessProbe: {exec: {command: [devservers, ready]}, periodSeconds: 5}  # roles, buckets, search attributes exist
          {{- else }}
          readinessProbe: {tcpSocket: {port: main}, periodSeconds: 5}
          {{- end }}
          livenessProbe: {tcpSocket: {port: main}, periodSeconds: 20, failureThreshold: 6}
          resources: {{- toYaml $v.resources | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            {{- if .secret }}
            - {name: secret, mountPath: /etc/trustrelay/secret, readOnly: true}
            {{- end }}
            {{- if .storage }}
            - {name: data, mountPath: /data}
            {{- end }}
      volumes:
        - {name: tmp, emptyDir: {sizeLimit: 256Mi}}
        {{- if .secret }}
        - {name: secret, secret: {secretName: {{ .secret | quote }}, defaultMode: 0400}}
        {{- end }}
  {{- if .storage }}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with $v.storageClassName }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .storage }}}}
  {{- end }}
{{- if $v.networkPolicy.enabled }}
---
{{ include "trustrelay-lib.networkPolicy" (merge (dict "ingress" (include "devservers.ingress" .)) .) }}
{{- end }}
{{- end }}

{{- define "devservers.ingress" -}}
{{ include "trustrelay-lib.from" . }}
{{- with .visitors }}
- from: {{- toYaml . | nindent 4 }}
  ports: [{port: {{ $.port }}, protocol: TCP}]
{{- end }}
{{- end }}
