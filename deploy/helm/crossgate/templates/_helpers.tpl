{{- define "crossgate.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "crossgate.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "crossgate.labels" -}}
{{ include "crossgate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "crossgate.image" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- /* The rights of each container: none, on a read-only file system. */}}
{{- define "crossgate.confined" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "crossgate.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "crossgate.environment" -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef: {{- toYaml .Values.secrets.database | nindent 6 }}
- name: CROSSGATE_METRICS_PORT
  value: {{ .Values.metrics.port | quote }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{- /* The gateway refuses a key file that its group can read, as files of a secret are: each pod gets a copy of its own. */}}
{{- define "crossgate.signingKey" -}}
- name: signing-key
  {{- include "crossgate.image" . | nindent 2 }}
  command: [install, --mode=0600, /secret/signing-key.pem, /data/signing-key.pem]
  {{- include "crossgate.confined" . | nindent 2 }}
  resources:
    requests: {cpu: 10m, memory: 16Mi}
    limits: {memory: 64Mi}
  volumeMounts:
    - {name: secret, mountPath: /secret, readOnly: true}
    - {name: data, mountPath: /data}
{{- end }}

{{- define "crossgate.volumes" -}}
- name: secret
  secret:
    secretName: {{ .Values.secrets.signingKey.name }}
    defaultMode: 0440
    items:
      - {key: {{ .Values.secrets.signingKey.key | quote }}, path: signing-key.pem}
- name: data
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{- end }}

{{- define "crossgate.mounts" -}}
- {name: data, mountPath: /data}
- {name: tmp, mountPath: /tmp}
{{- end }}
