{{/* What upgrade and rollback switch the current version to: a digest says more than a tag. */}}
{{- define "workflow-worker.version" -}}
{{- $v := .root.Values -}}
{{- $v.deploymentVersion | default ($v.image.digest | trimPrefix "sha256:" | trunc 16) | default (include "trustrelay-lib.tag" .) -}}
{{- end }}

{{- define "workflow-worker.env" -}}
{{- include "trustrelay-lib.temporalEnv" . }}
- {name: TRUSTRELAY_PERSISTENCE_TARGET, value: {{ include "trustrelay-lib.target" (dict "root" .root "name" "persistence-service") | quote }}}
- {name: TRUSTRELAY_DOCUMENT_TARGET, value: {{ include "trustrelay-lib.target" (dict "root" .root "name" "document-service") | quote }}}
- {name: TRUSTRELAY_OSINT_TARGET, value: {{ include "trustrelay-lib.target" (dict "root" .root "name" "osint-service") | quote }}}
- {name: TRUSTRELAY_ASSERTION_PUBLIC_KEY_FILE, value: /etc/trustrelay/assertion/public.pem}
- {name: TRUSTRELAY_DEPLOYMENT_VERSION, value: {{ include "workflow-worker.version" . | quote }}}
- {name: TRUSTRELAY_WORKFLOW_TASK_SLOTS, value: {{ .d.workflowTaskSlots | quote }}}
- {name: TRUSTRELAY_ACTIVITY_SLOTS, value: {{ .d.activitySlots | quote }}}
{{- with .d.queueActivitiesPerSecond }}
- {name: TRUSTRELAY_QUEUE_ACTIVITIES_PER_SECOND, value: {{ . | quote }}}
{{- end }}
{{- end }}

{{/* The Deployment and the budget of one version of one domain's workers: dict as above, with deployed (suffix of the name), replicas, scaled. */}}
{{- define "workflow-worker.workers" -}}
{{- $named := merge (dict "domain" .deployed) . -}}
{{ include "trustrelay-lib.deployment" (merge (dict "args" (list .domain) "env" (include "workflow-worker.env" .) "mounts" (include "workflow-worker.mounts" .) "volumes" (include "workflow-worker.volumes" .)) $named) }}
---
{{ include "trustrelay-lib.budget" $named }}
{{- end }}

{{/*
The root of templates as an older version of the workers sees it: dict root, domain, old (an entry of draining). Only the image and the
build id differ.
*/}}
{{- define "workflow-worker.oldValues" -}}
{{- $image := dict "repository" .root.Values.image.repository "tag" (.old.tag | default "") "digest" (.old.digest | default "") -}}
{{- $values := set (deepCopy .root.Values) "image" $image -}}
{{- $values = set $values "deploymentVersion" (.old.deploymentVersion | default "") -}}
{{- $values | toJson -}}
{{- end }}

{{/* Older versions of a domain's workers: they poll for the workflows that are pinned to them, and are never made current. */}}
{{- define "workflow-worker.draining" -}}
{{- range $old := .d.draining }}
{{- $values := include "workflow-worker.oldValues" (dict "root" $.root "old" $old) | fromJson }}
{{- $root := dict "Values" $values "Release" $.root.Release "Chart" $.root.Chart "Template" $.root.Template }}
{{- $version := include "workflow-worker.version" (dict "root" $root) }}
{{- if eq $version (include "workflow-worker.version" $) }}
{{- fail (printf "workflow-worker.domains.%s.draining names %s, which is the current version: list older ones only" $.domain $version) }}
{{- end }}
{{- $suffix := regexReplaceAll "[^a-z0-9-]+" (lower $version) "-" | trunc 20 | trimSuffix "-" }}
---
{{ include "workflow-worker.workers" (merge (dict "root" $root "deployed" (printf "%s-%s" $.domain $suffix) "replicas" ($old.replicas | default 1) "scaled" false) $) }}
{{- end }}
{{- end }}

{{- define "workflow-worker.mounts" -}}
{{ include "trustrelay-lib.temporalMounts" . }}
- {name: assertion, mountPath: /etc/trustrelay/assertion, readOnly: true}
{{- end }}

{{- define "workflow-worker.volumes" -}}
{{ include "trustrelay-lib.temporalVolumes" . }}
- name: assertion
  secret: {defaultMode: 0400, secretName: {{ include "trustrelay-lib.needSecret" (dict "value" .root.Values.assertionPublicKeySecret "path" "workflow-worker.assertionPublicKeySecret" "what" "the public half of case-api's assertion key" "keys" "public.pem") | quote }}}
{{- end }}

{{- define "workflow-worker.egress" -}}
{{ include "trustrelay-lib.toCommon" . }}
{{ include "trustrelay-lib.toTemporal" . }}
{{ include "trustrelay-lib.toStore" . }}
{{- range list "persistence-service" "document-service" "osint-service" }}
{{ include "trustrelay-lib.to" (dict "root" $.root "name" .) }}
{{- end }}
{{- end }}

{{/*
KEDA's operator asks Temporal for the backlog of this version of the worker (keys as in KEDA 2.21); let it reach the frontend.
Both kinds of tasks count, as a worker takes both. Running workflows do not: a case is open for weeks and waits for people.
*/}}
{{- define "workflow-worker.scaledObject" -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "trustrelay-lib.fullname" . }}
  labels: {{- include "trustrelay-lib.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "trustrelay-lib.fullname" . }}}
  minReplicaCount: {{ .d.replicas }}
  maxReplicaCount: {{ .d.maxReplicas }}
  triggers:
    - type: temporal
      metadata:
        endpoint: {{ include "trustrelay-lib.temporalAddress" . | quote }}
        namespace: {{ .root.Values.global.temporal.namespace | quote }}
        taskQueue: {{ .d.taskQueue | quote }}
        queueTypes: workflow,activity
        targetQueueSize: {{ .d.queueTarget | quote }}
        workerDeploymentName: {{ .d.deployment | quote }}
        workerDeploymentBuildId: {{ include "workflow-worker.version" . | quote }}
        includeRunningWorkflowCount: "false"
        {{- with .root.Values.global.temporal.serverName }}
        tlsServerName: {{ . | quote }}
        {{- end }}
      {{- if .root.Values.global.temporal.tlsSecret }}
      authenticationRef: {name: {{ include "trustrelay-lib.fullname" (omit . "domain") }}}
      {{- end }}
{{- end }}

{{/* The certificate that KEDA presents to Temporal: the workers' own. */}}
{{- define "workflow-worker.triggerAuthentication" -}}
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  name: {{ include "trustrelay-lib.fullname" . }}
  labels: {{- include "trustrelay-lib.labels" . | nindent 4 }}
spec:
  secretTargetRef:
    {{- range $parameter, $key := dict "ca" "ca.crt" "cert" "tls.crt" "key" "tls.key" }}
    - {parameter: {{ $parameter }}, name: {{ $.root.Values.global.temporal.tlsSecret | quote }}, key: {{ $key }}}
    {{- end }}
{{- end }}
