{{- define "accord.labels" -}}
app.kubernetes.io/name: accord
app.kubernetes.io/instance: {{ .release }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* The pod that all of Accord's parts run in: dict with root, command. */}}
{{- define "accord.container" -}}
image: "{{ .root.Values.image.repository }}:{{ default .root.Chart.AppVersion .root.Values.image.tag }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [{{ .command }}]
envFrom:
  - configMapRef:
      name: {{ .root.Release.Name }}-accord
  {{- with .root.Values.secrets.environment }}
  - secretRef:
      name: {{ . }}
  {{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: secrets, mountPath: /run/secrets/accord, readOnly: true }
  - { name: data, mountPath: /var/lib/accord }
  - { name: temporary, mountPath: /tmp }
{{- end }}

{{- define "accord.pod" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
automountServiceAccountToken: false
volumes:
  - name: secrets
    # the group may read it, others may not: Accord refuses a file that everybody can read
    secret: { secretName: {{ .Values.secrets.file }}, defaultMode: 0440 }
  - name: data
    emptyDir: {}
  - name: temporary
    emptyDir: {}
{{- end }}
