{{/*
Mutual TLS between the services. A component's certificate holds one name, COMPONENT.NAMESPACE.svc: clients call it by that name and believe
no other, and servers let in the names of the callers that the architecture draws.
*/}}

{{/* The one name in a component's certificate: dict root, name. The namespace is part of it, since an issuer may serve several. */}}
{{- define "trustrelay-lib.tlsName" -}}
{{ include "trustrelay-lib.fullname" (omit . "domain") }}.{{ .root.Release.Namespace }}.svc
{{- end }}

{{/* How other pods call a component: dict root, name. */}}
{{- define "trustrelay-lib.target" -}}
{{- if .root.Values.global.tls.enabled }}{{ include "trustrelay-lib.tlsName" . }}{{ else }}{{ include "trustrelay-lib.fullname" (omit . "domain") }}{{ end }}:{{ include "trustrelay-lib.portOf" .name }}
{{- end }}

{{/* Where kubelets ask for health: they speak no TLS, so it gets a port of its own, which no policy opens to anybody else. dict root, port. */}}
{{- define "trustrelay-lib.healthPort" -}}
{{- $tls := .root.Values.global.tls -}}
{{- if and $tls.enabled (eq (int $tls.healthPort) (int .port)) }}
{{- fail (printf "global.tls.healthPort is %d, which is the gRPC port of %s too: choose another one" (int $tls.healthPort) .name) }}
{{- end -}}
{{- ternary $tls.healthPort .port $tls.enabled -}}
{{- end }}

{{/* dict root, name, and secret: a Secret of values, or "" for one that cert-manager makes. */}}
{{- define "trustrelay-lib.tlsSecret" -}}
{{ .secret | default (printf "%s-tls" (include "trustrelay-lib.fullname" (omit . "domain"))) }}
{{- end }}

{{/* Our certificate, for clients and servers. */}}
{{- define "trustrelay-lib.tlsEnv" -}}
{{- if .root.Values.global.tls.enabled -}}
- {name: TRUSTRELAY_TLS_CERTIFICATE_FILE, value: /etc/trustrelay/tls/tls.crt}
- {name: TRUSTRELAY_TLS_PRIVATE_KEY_FILE, value: /etc/trustrelay/tls/tls.key}
- {name: TRUSTRELAY_TLS_CA_FILE, value: /etc/trustrelay/tls/ca.crt}
{{- end }}
{{- end }}

{{/* What servers need on top: who may call, and the port for kubelets. dict also callers (components), outsiders (names in certificates). */}}
{{- define "trustrelay-lib.tlsServerEnv" -}}
{{- if .root.Values.global.tls.enabled }}
{{- $names := list }}
{{- range .callers }}{{ $names = append $names (include "trustrelay-lib.tlsName" (dict "root" $.root "name" .)) }}{{ end -}}
- {name: TRUSTRELAY_TLS_ALLOWED_CLIENTS, value: {{ concat $names (.outsiders | default list) | join "," | quote }}}
- {name: TRUSTRELAY_HEALTH_PORT, value: {{ include "trustrelay-lib.healthPort" . | quote }}}
{{- end }}
{{- end }}

{{- define "trustrelay-lib.tlsMount" -}}
{{- if .root.Values.global.tls.enabled -}}
- {name: tls, mountPath: /etc/trustrelay/tls, readOnly: true}
{{- end }}
{{- end }}

{{- define "trustrelay-lib.tlsVolume" -}}
{{- if .root.Values.global.tls.enabled -}}
- {name: tls, secret: {secretName: {{ include "trustrelay-lib.tlsSecret" . | quote }}, defaultMode: 0400}}
{{- end }}
{{- end }}

{{/* cert-manager's order for a component's certificate, unless values name a Secret. dict root, name, secret, valueName (its value), and moreNames. */}}
{{- define "trustrelay-lib.certificate" -}}
{{- $tls := .root.Values.global.tls }}
{{- if and $tls.enabled (not .secret) }}
{{- $issuer := required (printf "global.tls.issuer.name is not set: name the cert-manager %s that makes certificates, or give a Secret with keys tls.crt, tls.key, ca.crt as %s" $tls.issuer.kind .valueName) $tls.issuer.name }}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: {{ include "trustrelay-lib.fullname" . }}
  labels: {{- include "trustrelay-lib.labels" . | nindent 4 }}
spec:
  secretName: {{ include "trustrelay-lib.tlsSecret" . }}
  dnsNames: {{- concat (list (include "trustrelay-lib.tlsName" .)) (.moreNames | default list) | toYaml | nindent 4 }}
  usages: [digital signature, server auth, client auth]
  privateKey: {algorithm: ECDSA, size: 256, encoding: PKCS8, rotationPolicy: Always}
  duration: {{ $tls.duration }}
  renewBefore: {{ $tls.renewBefore }}
  issuerRef: {name: {{ $issuer | quote }}, kind: {{ $tls.issuer.kind }}, group: {{ $tls.issuer.group | quote }}}
{{- end }}
{{- end }}
