/*
Copyright 2026 The ExtendedJob Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

package configrefs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/configrefs"
)

// The numbers are those of the project's behaviour (B) and acceptance cases for
// references.

func podSpec(t *testing.T, manifest string) *corev1.PodSpec {
	t.Helper()
	spec := &corev1.PodSpec{}
	if err := yaml.UnmarshalStrict([]byte(manifest), spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// needed returns a reference to an object that a pod does not start without.
func needed(kind configrefs.Kind, name string, keys ...string) configrefs.Reference {
	return configrefs.Reference{Kind: kind, Name: name, Keys: keys}
}

// optional returns a reference to an object that a pod starts without.
func optional(kind configrefs.Kind, name string) configrefs.Reference {
	return configrefs.Reference{Kind: kind, Name: name, Optional: true}
}

// pulling returns a reference by imagePullSecrets alone.
func pulling(name string) configrefs.Reference {
	return configrefs.Reference{Kind: configrefs.Secret, Name: name, Optional: true}
}

func TestReferencesOfAPodSpec(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spec string
		want []configrefs.Reference
	}{
		"none": {`
containers:
- env: [{name: A, value: db}, {name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
  volumeMounts: [{name: db, mountPath: /db}]
volumes: [{name: db, emptyDir: {}}, {name: claim, persistentVolumeClaim: {claimName: db}}]
serviceAccountName: db
`, nil},
		"42: env": {`
containers:
- env:
  - {name: A, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
  - {name: B, valueFrom: {secretKeyRef: {name: db, key: password}}}
`, []configrefs.Reference{needed(configrefs.ConfigMap, "settings", "color"), needed(configrefs.Secret, "db", "password")}},
		"42: envFrom": {`
containers:
- envFrom: [{configMapRef: {name: settings}}, {prefix: DB_, secretRef: {name: db}}]
`, []configrefs.Reference{needed(configrefs.ConfigMap, "settings"), needed(configrefs.Secret, "db")}},
		"42: volumes": {`
volumes: [{name: a, configMap: {name: settings}}, {name: b, secret: {secretName: db}}]
`, []configrefs.Reference{needed(configrefs.ConfigMap, "settings"), needed(configrefs.Secret, "db")}},
		"42, B29: projected volumes": {`
volumes:
- name: all
  projected: {sources: [{configMap: {name: settings}}, {secret: {name: db}}, {secret: {name: ca}}, {serviceAccountToken: {path: token}}]}
`, []configrefs.Reference{needed(configrefs.ConfigMap, "settings"), needed(configrefs.Secret, "ca"), needed(configrefs.Secret, "db")}},
		"42, B29: volumes whose driver needs a Secret": {`
volumes:
- {name: a, azureFile: {secretName: azure, shareName: share}}
- {name: b, cephfs: {monitors: [ceph], secretFile: /etc/secret, secretRef: {name: cephfs}}}
- {name: c, cinder: {volumeID: volume, secretRef: {name: cinder}}}
- {name: d, csi: {driver: driver, nodePublishSecretRef: {name: csi}}}
- {name: e, flexVolume: {driver: driver, secretRef: {name: flex}}}
- {name: f, iscsi: {targetPortal: portal, iqn: iqn, lun: 0, secretRef: {name: iscsi}}}
- {name: g, rbd: {monitors: [ceph], image: image, secretRef: {name: rbd}}}
- {name: h, scaleIO: {gateway: gateway, system: system, secretRef: {name: scaleio}}}
- {name: i, storageos: {secretRef: {name: storageos}}}
- {name: j, csi: {driver: without}}
`, []configrefs.Reference{
			needed(configrefs.Secret, "azure"), needed(configrefs.Secret, "cephfs"), needed(configrefs.Secret, "cinder"),
			needed(configrefs.Secret, "csi"), needed(configrefs.Secret, "flex"), needed(configrefs.Secret, "iscsi"),
			needed(configrefs.Secret, "rbd"), needed(configrefs.Secret, "scaleio"), needed(configrefs.Secret, "storageos"),
		}},
		"42, B29: init containers and native sidecars": {`
initContainers:
- env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: password}}}]
- restartPolicy: Always
  envFrom: [{configMapRef: {name: settings}}]
`, []configrefs.Reference{needed(configrefs.ConfigMap, "settings"), needed(configrefs.Secret, "db", "password")}},
		"42: imagePullSecrets are not awaited": {`
imagePullSecrets: [{name: registry}]
`, []configrefs.Reference{pulling("registry")}},
		"42: imagePullSecrets that something needs are awaited": {`
imagePullSecrets: [{name: registry}]
volumes: [{name: a, secret: {secretName: registry}}]
`, []configrefs.Reference{needed(configrefs.Secret, "registry")}},
		"42: imagePullSecrets do not make necessary what is optional elsewhere": {`
imagePullSecrets: [{name: registry}]
volumes: [{name: a, secret: {secretName: registry, optional: true}}]
`, []configrefs.Reference{optional(configrefs.Secret, "registry")}},
		"44, B29: optional in all kinds of places": {`
containers:
- env:
  - {name: A, valueFrom: {configMapKeyRef: {name: a, key: color, optional: true}}}
  - {name: B, valueFrom: {secretKeyRef: {name: b, key: password, optional: true}}}
  envFrom: [{configMapRef: {name: c, optional: true}}, {secretRef: {name: d, optional: true}}]
volumes:
- {name: e, configMap: {name: e, optional: true, items: [{key: color, path: color}]}}
- {name: f, secret: {secretName: f, optional: true, items: [{key: password, path: password}]}}
- name: g
  projected:
    sources:
    - {configMap: {name: g, optional: true, items: [{key: color, path: color}]}}
    - {secret: {name: h, optional: true, items: [{key: password, path: password}]}}
`, []configrefs.Reference{
			optional(configrefs.ConfigMap, "a"), optional(configrefs.ConfigMap, "c"), optional(configrefs.ConfigMap, "e"), optional(configrefs.ConfigMap, "g"),
			optional(configrefs.Secret, "b"), optional(configrefs.Secret, "d"), optional(configrefs.Secret, "f"), optional(configrefs.Secret, "h"),
		}},
		"44: optional: false is not optional": {`
containers: [{envFrom: [{secretRef: {name: db, optional: false}}]}]
`, []configrefs.Reference{needed(configrefs.Secret, "db")}},
		"44: optional in one place and needed in another is needed": {`
containers:
- env:
  - {name: A, valueFrom: {secretKeyRef: {name: db, key: user, optional: true}}}
  - {name: B, valueFrom: {secretKeyRef: {name: db, key: password}}}
  - {name: C, valueFrom: {secretKeyRef: {name: db, key: port, optional: true}}}
`, []configrefs.Reference{needed(configrefs.Secret, "db", "password")}},
		"B37: all keys that are needed, once each": {`
initContainers:
- env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: size}}}]
containers:
- env:
  - {name: A, valueFrom: {configMapKeyRef: {name: settings, key: size}}}
  - {name: B, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
volumes:
- {name: a, configMap: {name: settings, items: [{key: logo, path: logo.png}, {key: color, path: color}]}}
- name: b
  projected:
    sources: [{configMap: {name: settings, items: [{key: banner, path: banner}]}}, {secret: {name: db, items: [{key: ca, path: ca}]}}]
- {name: c, secret: {secretName: db, items: [{key: user, path: user}]}}
`, []configrefs.Reference{needed(configrefs.ConfigMap, "settings", "banner", "color", "logo", "size"), needed(configrefs.Secret, "db", "ca", "user")}},
		"a ConfigMap and a Secret of one name are two": {`
containers: [{envFrom: [{secretRef: {name: db}}, {configMapRef: {name: db}}]}]
`, []configrefs.Reference{needed(configrefs.ConfigMap, "db"), needed(configrefs.Secret, "db")}},
		"B31: names are taken as they are written": {`
containers: [{envFrom: [{secretRef: {name: db-v10}}, {secretRef: {name: db-v9}}, {secretRef: {name: db-password}}, {secretRef: {name: db}}]}]
`, []configrefs.Reference{needed(configrefs.Secret, "db"), needed(configrefs.Secret, "db-password"), needed(configrefs.Secret, "db-v10"), needed(configrefs.Secret, "db-v9")}},
		"10, B32: names that no object can have": {`
containers: [{envFrom: [{secretRef: {name: foo(-v1}}, {secretRef: {name: a..b}}, {configMapRef: {name: $(X)}}]}]
`, []configrefs.Reference{needed(configrefs.ConfigMap, "$(X)"), needed(configrefs.Secret, "a..b"), needed(configrefs.Secret, "foo(-v1")}},
		"an empty name is none": {`
imagePullSecrets: [{}]
containers: [{envFrom: [{secretRef: {}}, {}], env: [{name: A, valueFrom: {configMapKeyRef: {key: color}}}]}]
volumes: [{name: a, secret: {}}, {name: b, projected: {sources: [{}]}}, {name: c}]
`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := configrefs.Of(podSpec(t, tc.spec))
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("references (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSecretsAreRenamedInThePodSpec(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spec    string
		secrets map[string]string
		want    string
	}{
		"83, B30: in every place": {
			spec: `
imagePullSecrets: [{name: db-v1}]
initContainers:
- envFrom: [{secretRef: {name: db-v1}}]
- restartPolicy: Always
  envFrom: [{secretRef: {name: db-v1}}]
containers:
- env: [{name: A, valueFrom: {secretKeyRef: {name: db-v1, key: db-v1, optional: true}}}]
  envFrom: [{prefix: db-v1, secretRef: {name: db-v1}}]
volumes:
- {name: db-v1, secret: {secretName: db-v1, items: [{key: db-v1, path: db-v1}]}}
- {name: a, projected: {sources: [{secret: {name: db-v1}}]}}
- {name: b, csi: {driver: db-v1, nodePublishSecretRef: {name: db-v1}}}
- {name: c, azureFile: {secretName: db-v1, shareName: db-v1}}
`,
			secrets: map[string]string{"db-v1": "db-v11"},
			want: `
imagePullSecrets: [{name: db-v11}]
initContainers:
- envFrom: [{secretRef: {name: db-v11}}]
- restartPolicy: Always
  envFrom: [{secretRef: {name: db-v11}}]
containers:
- env: [{name: A, valueFrom: {secretKeyRef: {name: db-v11, key: db-v1, optional: true}}}]
  envFrom: [{prefix: db-v1, secretRef: {name: db-v11}}]
volumes:
- {name: db-v1, secret: {secretName: db-v11, items: [{key: db-v1, path: db-v1}]}}
- {name: a, projected: {sources: [{secret: {name: db-v11}}]}}
- {name: b, csi: {driver: db-v1, nodePublishSecretRef: {name: db-v11}}}
- {name: c, azureFile: {secretName: db-v11, shareName: db-v1}}
`,
		},
		"83, B31: other Secrets keep their names": {
			spec:    `containers: [{envFrom: [{secretRef: {name: db-v1}}, {secretRef: {name: db-password}}, {secretRef: {name: mydb-v1}}, {secretRef: {name: db-v10}}]}]`,
			secrets: map[string]string{"db-v1": "db-v11"},
			want:    `containers: [{envFrom: [{secretRef: {name: db-v11}}, {secretRef: {name: db-password}}, {secretRef: {name: mydb-v1}}, {secretRef: {name: db-v10}}]}]`,
		},
		"B32: a name is no pattern": {
			spec:    `containers: [{envFrom: [{secretRef: {name: a.b-v1}}, {secretRef: {name: axb-v1}}, {secretRef: {name: foo(-v1}}]}]`,
			secrets: map[string]string{"a.b-v1": "a.b-v2", ".*": "all", "foo(-v1": "$0"},
			want:    `containers: [{envFrom: [{secretRef: {name: a.b-v2}}, {secretRef: {name: axb-v1}}, {secretRef: {name: $0}}]}]`,
		},
		"a ConfigMap of the name keeps it": {
			spec: `
containers: [{envFrom: [{configMapRef: {name: db-v1}}], env: [{name: A, valueFrom: {configMapKeyRef: {name: db-v1, key: a}}}]}]
volumes: [{name: a, configMap: {name: db-v1}}, {name: b, projected: {sources: [{configMap: {name: db-v1}}]}}]
`,
			secrets: map[string]string{"db-v1": "db-v11"},
			want: `
containers: [{envFrom: [{configMapRef: {name: db-v1}}], env: [{name: A, valueFrom: {configMapKeyRef: {name: db-v1, key: a}}}]}]
volumes: [{name: a, configMap: {name: db-v1}}, {name: b, projected: {sources: [{configMap: {name: db-v1}}]}}]
`,
		},
		"new names are not renamed again": {
			spec:    `containers: [{envFrom: [{secretRef: {name: a-v1}}, {secretRef: {name: a-v2}}]}]`,
			secrets: map[string]string{"a-v1": "a-v2", "a-v2": "a-v3"},
			want:    `containers: [{envFrom: [{secretRef: {name: a-v2}}, {secretRef: {name: a-v3}}]}]`,
		},
		"nothing to rename": {
			spec: `containers: [{envFrom: [{secretRef: {name: db-v1}}]}]`,
			want: `containers: [{envFrom: [{secretRef: {name: db-v1}}]}]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := podSpec(t, tc.spec)
			configrefs.Rename(got, tc.secrets)
			if diff := cmp.Diff(podSpec(t, tc.want), got); diff != "" {
				t.Errorf("pod spec (-want +got):\n%s", diff)
			}
		})
	}
}
