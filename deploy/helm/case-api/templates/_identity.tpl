{{/* The identity provider that customers prove themselves at: optional, and never half configured. Arguments everywhere: dict root. */}}

{{/* Its discovery address: the one in values; in dev with keys, the sandbox's; "" for none. */}}
{{- define "case-api.identity" -}}
{{- $v := .root.Values -}}
{{- if $v.identity.discoveryUrl }}{{ $v.identity.discoveryUrl }}
{{- else if and $v.global.dev $v.identity.keysSecret }}http://{{ .root.Release.Name }}-dev-sandbox:8070/itsme/v2/.well-known/openid-configuration
{{- end -}}
{{- end }}

{{/* Parts without an address would be ignored: whoever sets them expects a provider. */}}
{{- define "case-api.checkIdentity" -}}
{{- $i := .root.Values.identity }}
{{- if not (include "case-api.identity" .) }}
{{- range $name := list "clientId" "redirectUri" "keysSecret" "keyId" "peers" }}
{{- if get $i $name }}
{{- fail (printf "case-api.identity.%s is set, but case-api.identity.discoveryUrl is not: give the identity provider's …/.well-known/openid-configuration, or take identity.%s away" $name $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "case-api.identityEnv" -}}
{{- with include "case-api.identity" . -}}
{{- $i := $.root.Values.identity -}}
- {name: TRUSTRELAY_IDENTITY_DISCOVERY_URL, value: {{ . | quote }}}
- {name: TRUSTRELAY_IDENTITY_PROVIDER, value: {{ $i.provider | quote }}}
- {name: TRUSTRELAY_IDENTITY_CLIENT_ID, value: {{ include "trustrelay-lib.need" (dict "value" $i.clientId "path" "case-api.identity.clientId" "what" "what the identity provider knows us as" "example" "acme-onboarding") | quote }}}
- {name: TRUSTRELAY_IDENTITY_REDIRECT_URI, value: {{ include "trustrelay-lib.need" (dict "value" $i.redirectUri "path" "case-api.identity.redirectUri" "what" "where the identity provider sends customers back, as registered there" "example" "https://portal.example.org/portal/identity") | quote }}}
- {name: TRUSTRELAY_IDENTITY_SCOPE, value: {{ $i.scope | quote }}}
- {name: TRUSTRELAY_IDENTITY_ACR_VALUES, value: {{ $i.acrValues | quote }}}
- {name: TRUSTRELAY_IDENTITY_PRIVATE_KEY_FILE, value: /etc/trustrelay/identity/signing.pem}
{{- if $i.sealed }}
- {name: TRUSTRELAY_IDENTITY_DECRYPTION_KEY_FILE, value: /etc/trustrelay/identity/decryption.pem}
{{- end }}
{{- with $i.keyId }}
- {name: TRUSTRELAY_IDENTITY_KEY_ID, value: {{ . | quote }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "case-api.identityMount" -}}
{{- if include "case-api.identity" . -}}
- {name: identity, mountPath: /etc/trustrelay/identity, readOnly: true}
{{- end }}
{{- end }}

{{/* Keys are named: a Secret without one of them holds the pod back with a message, instead of ending it at start. */}}
{{- define "case-api.identityVolume" -}}
{{- if include "case-api.identity" . -}}
{{- $i := .root.Values.identity -}}
{{- $keys := ternary (list "signing.pem" "decryption.pem") (list "signing.pem") $i.sealed -}}
- name: identity
  secret:
    secretName: {{ include "trustrelay-lib.needSecret" (dict "value" $i.keysSecret "path" "case-api.identity.keysSecret" "what" "the keys that the identity provider knows us by" "keys" (join ", " $keys)) | quote }}
    defaultMode: 0400
    items:
      {{- range $keys }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end }}
{{- end }}

{{- define "case-api.toIdentity" -}}
{{- $i := .root.Values.identity -}}
{{- if $i.discoveryUrl }}
{{- include "trustrelay-lib.toInfrastructure" (dict "root" .root "conf" $i "path" "case-api.identity" "what" "the identity provider of customers") }}
{{- else if include "case-api.identity" . }}
{{- include "trustrelay-lib.to" (dict "root" .root "name" "dev-sandbox" "port" 8070) }}
{{- end }}
{{- end }}
