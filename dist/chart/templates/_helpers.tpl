{{- /* Labels of all objects. */ -}}
{{- define "extendedjob-operator.labels" -}}
app.kubernetes.io/name: extendedjob-operator
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "extendedjob-operator.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default (printf "v%s" $.Chart.AppVersion) }}{{ end }}
{{- end }}
{{- end }}

{{- /* The operator's configuration file. */ -}}
{{- define "extendedjob-operator.configuration" -}}
{{- $configuration := deepCopy .Values.configuration }}
{{- $_ := set $configuration "apiVersion" "config.fissile.cloudfoundry.org/v1alpha1" }}
{{- $_ := set $configuration "kind" "OperatorConfiguration" }}
{{- $_ := set $configuration "certificates" (dict "source" (ternary "SelfSigned" "Directory" (eq .Values.certificates.source "selfSigned"))) }}
{{- $_ := set $configuration "webhook" (merge (dict "reviewRequesters" (not .Values.admissionPolicies.enabled)) (get $configuration "webhook" | default dict)) }}
{{- with .Values.watchNamespaces }}
{{- $_ := set $configuration "watchNamespaces" . }}
{{- end }}
{{- toYaml $configuration }}
{{- end }}

{{- define "extendedjob-operator.webhookPort" -}}
{{- dig "webhook" "port" 9443 .Values.configuration }}
{{- end }}

{{- define "extendedjob-operator.metricsPort" -}}
{{- dig "metrics" "bindAddress" ":8443" .Values.configuration | trimPrefix ":" }}
{{- end }}

{{- define "extendedjob-operator.healthPort" -}}
{{- dig "health" "bindAddress" ":8081" .Values.configuration | trimPrefix ":" }}
{{- end }}

{{- /* Not empty if metrics are served. */ -}}
{{- define "extendedjob-operator.servesMetrics" -}}
{{- if ne (include "extendedjob-operator.metricsPort" .) "0" }}true{{ end }}
{{- end }}
