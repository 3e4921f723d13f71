{{/* Addresses of sources: those in values, or the sandbox's where dev leaves them empty and it speaks them. */}}
{{- define "osint-service.env" -}}
{{- $s := .root.Values.sources }}
{{- $sandbox := "" }}
{{- if .root.Values.global.dev }}{{ $sandbox = printf "http://%s-dev-sandbox:8070" .root.Release.Name }}{{ end -}}
- {name: TRUSTRELAY_OBJECT_STORE_HOSTS, value: {{ include "trustrelay-lib.storeEndpoint" . | quote }}}
- {name: TRUSTRELAY_CACHE_DIR, value: /var/cache/trustrelay}
- {name: TRUSTRELAY_SOURCE_TIMEOUT_SECONDS, value: {{ $s.timeoutSeconds | quote }}}
- {name: TRUSTRELAY_GDELT_INTERVAL_SECONDS, value: {{ $s.gdeltIntervalSeconds | quote }}}
- {name: TRUSTRELAY_KBO_MAX_AGE_HOURS, value: {{ $s.kboMaxAgeHours | quote }}}
- {name: TRUSTRELAY_KBO_WATCH_AGE_SECONDS, value: {{ $s.kboWatchAgeSeconds | quote }}}
- {name: TRUSTRELAY_GOODS_CONTROLS_HOURS, value: {{ $s.goodsControlsHours | quote }}}
{{- if .root.Values.goodsControlsConfigMap }}
- {name: TRUSTRELAY_GOODS_CONTROLS_FILE, value: /etc/trustrelay/goods-controls/goods-controls.csv}
{{- end }}
{{- if .root.Values.shipmentRulesConfigMap }}
- {name: TRUSTRELAY_SHIPMENT_RULES_FILE, value: /etc/trustrelay/shipment-rules/rules.yaml}
{{- end }}
{{- range $row := list (list "VIES_URL" $s.vies "/vies/rest-api") (list "GLEIF_URL" $s.gleif "/gleif/api/v1") (list "EORI_URL" $s.eori "") (list "KBO_URL" $s.kbo "/kbo/KboOpenData_Full.zip") (list "NBB_URL" $s.nbb "/nbb") (list "GDELT_URL" $s.gdelt "/gdelt/api/v2/doc/doc") (list "LIST_OFAC_URL" $s.ofac "/lists/ofac") (list "LIST_UN_URL" $s.un "/lists/un/consolidated.xml") (list "LIST_EU_URL" $s.eu "/lists/eu/xmlFullSanctionsList_1_1.xml") (list "LIST_PEP_URL" $s.pep "/lists/pep/entities.ftm.json") (list "GOODS_CONTROLS_URL" $s.goodsControls "/lists/goods-controls.csv") }}
{{- $url := index $row 1 }}
{{- if and $sandbox (not $url) (index $row 2) }}{{ $url = print $sandbox (index $row 2) }}{{ end }}
{{- if $url }}
- {name: TRUSTRELAY_{{ index $row 0 }}, value: {{ $url | quote }}}
{{- end }}
{{- end }}
{{- with $s.viesRequester }}
- {name: TRUSTRELAY_VIES_REQUESTER, value: {{ . | quote }}}
{{- end }}
{{- if .root.Values.nbbKeySecret }}
{{ include "trustrelay-lib.secretEnv" (dict "env" "TRUSTRELAY_NBB_KEY" "secret" .root.Values.nbbKeySecret "key" "nbb-key") }}
{{- else if $sandbox }}
- {name: TRUSTRELAY_NBB_KEY, value: sandbox}  # the sandbox takes any
{{- else if $s.nbb }}
{{- include "trustrelay-lib.needSecret" (dict "value" "" "path" "osint-service.nbbKeySecret" "what" "the subscription key of the NBB API" "keys" "nbb-key") }}
{{- end }}
{{- end }}

{{/* The cache, and what operators bring as files. */}}
{{- define "osint-service.mounts" -}}
- {name: cache, mountPath: /var/cache/trustrelay}
{{- if .root.Values.goodsControlsConfigMap }}
- {name: goods-controls, mountPath: /etc/trustrelay/goods-controls, readOnly: true}
{{- end }}
{{- if .root.Values.shipmentRulesConfigMap }}
- {name: shipment-rules, mountPath: /etc/trustrelay/shipment-rules, readOnly: true}
{{- end }}
{{- end }}

{{- define "osint-service.volumes" -}}
- {name: cache, emptyDir: {sizeLimit: {{ .root.Values.cacheSize }}}}
{{- with .root.Values.goodsControlsConfigMap }}
- {name: goods-controls, configMap: {name: {{ . | quote }}}}
{{- end }}
{{- with .root.Values.shipmentRulesConfigMap }}
- {name: shipment-rules, configMap: {name: {{ . | quote }}}}
{{- end }}
{{- end }}

{{- define "osint-service.egress" -}}
{{ include "trustrelay-lib.toCommon" . }}
{{ include "trustrelay-lib.toStore" . }}
{{- if .root.Values.global.dev }}
{{ include "trustrelay-lib.to" (dict "root" .root "name" "dev-sandbox" "port" 8070) }}
{{- else }}
{{- with .root.Values.internet }}
- to:
    - ipBlock: {cidr: {{ .cidr }}, except: {{ toJson .except }}}
  ports:
    {{- range .ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
{{- end }}
{{- end }}
{{- end }}
