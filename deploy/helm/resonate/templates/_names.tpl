{{- define "resonate.labels" -}}
app.kubernetes.io/name: resonate
app.kubernetes.io/component: {{ . }}
{{- end }}

{{- /* The options as data of the ConfigMap. */}}
{{- define "resonate.config" -}}
{{- range $name, $value := .Values.config }}
{{- if not (kindIs "invalid" $value) }}
{{ $name }}: {{ tpl $value $ | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The name contains a hash of the content: a change replaces the pods, and a rollback restores old values. */}}
{{- define "resonate.configName" -}}
resonate-config-{{ include "resonate.config" . | sha256sum | trunc 10 }}
{{- end }}
