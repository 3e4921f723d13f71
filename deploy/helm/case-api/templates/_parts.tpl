{{- define "case-api.issuer" -}}
{{- $v := .root.Values -}}
{{- if and $v.global.dev (not $v.oidc.issuer) }}http://{{ .root.Release.Name }}-dev-issuer:8071
{{- else }}{{ include "trustrelay-lib.need" (dict "value" $v.oidc.issuer "path" "case-api.oidc.issuer" "what" "your identity provider's issuer" "example" "https://login.example.org/realms/acme") }}{{ end -}}
{{- end }}

{{- define "case-api.jwks" -}}
{{- $v := .root.Values -}}
{{- if and $v.global.dev (not $v.oidc.jwksUrl) }}{{ include "case-api.issuer" . }}/jwks.json
{{- else }}{{ include "trustrelay-lib.need" (dict "value" $v.oidc.jwksUrl "path" "case-api.oidc.jwksUrl" "what" "the address of your identity provider's keys" "example" "https://login.example.org/realms/acme/certs") }}{{ end -}}
{{- end }}

{{- define "case-api.env" -}}
{{ include "trustrelay-lib.temporalEnv" . }}
- {name: TRUSTRELAY_PERSISTENCE_TARGET, value: {{ include "trustrelay-lib.target" (dict "root" .root "name" "persistence-service") | quote }}}
- {name: TRUSTRELAY_ASSERTION_PRIVATE_KEY_FILE, value: /etc/trustrelay/assertion/private.pem}
- {name: TRUSTRELAY_OIDC_ISSUER, value: {{ include "case-api.issuer" . | quote }}}
- {name: TRUSTRELAY_OIDC_JWKS_URL, value: {{ include "case-api.jwks" . | quote }}}
- {name: TRUSTRELAY_OIDC_AUDIENCE, value: {{ .root.Values.oidc.audience | quote }}}
{{- with include "case-api.identityEnv" . }}
{{ . }}
{{- end }}
{{- end }}

{{- define "case-api.mounts" -}}
{{ include "trustrelay-lib.temporalMounts" . }}
- {name: assertion, mountPath: /etc/trustrelay/assertion, readOnly: true}
{{- with include "case-api.identityMount" . }}
{{ . }}
{{- end }}
{{- end }}

{{- define "case-api.volumes" -}}
{{ include "trustrelay-lib.temporalVolumes" . }}
- name: assertion
  secret: {defaultMode: 0400, secretName: {{ include "trustrelay-lib.needSecret" (dict "value" .root.Values.assertionKeySecret "path" "case-api.assertionKeySecret" "what" "the Ed25519 key that signs actor assertions" "keys" "private.pem") | quote }}}
{{- with include "case-api.identityVolume" . }}
{{ . }}
{{- end }}
{{- end }}

{{- define "case-api.ingress" -}}
{{ include "trustrelay-lib.ingress" . }}
{{- with .root.Values.clients }}
- from: {{- toYaml . | nindent 4 }}
  ports: [{port: {{ $.port }}, protocol: TCP}]
{{- end }}
{{- end }}

{{/* Names that gateways and internal services may use instead of the headless Service's. */}}
{{- define "case-api.moreNames" -}}
{{- $names := .root.Values.dnsNames }}
{{- if .root.Values.externalService.enabled }}{{ $names = prepend $names (printf "%s-external.%s.svc" (include "trustrelay-lib.fullname" .) .root.Release.Namespace) }}{{ end }}
{{- toJson $names }}
{{- end }}

{{/* With mutual TLS, opening the port to outsiders without expecting their certificates opens it to nobody. */}}
{{- define "case-api.checkOutsiders" -}}
{{- $v := .root.Values }}
{{- if and $v.global.tls.enabled $v.clients (not $v.clientNames) (not $v.global.dev) }}
{{- fail "case-api.clientNames is empty, so mutual TLS refuses everybody in case-api.clients: list the names in their certificates, e.g. --set 'case-api.clientNames={gateway.gateway.svc}'" }}
{{- end }}
{{- end }}

{{- define "case-api.toIssuer" -}}
{{- if .root.Values.global.dev }}
{{- include "trustrelay-lib.to" (dict "root" .root "name" "dev-issuer" "port" 8071) }}
{{- else }}
{{- include "trustrelay-lib.toInfrastructure" (dict "root" .root "conf" .root.Values.oidc "path" "case-api.oidc" "what" "the identity provider's key server") }}
{{- end }}
{{- end }}

{{- define "case-api.egress" -}}
{{ include "trustrelay-lib.toCommon" . }}
{{ include "trustrelay-lib.to" (dict "root" .root "name" "persistence-service") }}
{{ include "trustrelay-lib.toTemporal" . }}
{{ include "trustrelay-lib.toStore" . }}
{{ include "case-api.toIssuer" . }}
{{- with include "case-api.toIdentity" . }}
{{ . }}
{{- end }}
{{- end }}

{{/* "yes" where the pod of `helm test` is rendered: it needs an issuer with dev users. */}}
{{- define "case-api.tested" -}}
{{- if or .root.Values.global.dev (and .root.Values.test.issuer .root.Values.test.usersSecret) }}yes{{ end -}}
{{- end }}
