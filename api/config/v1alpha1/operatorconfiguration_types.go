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

package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// OperatorConfiguration is the configuration of the operator. Whatever is not
// set has the default that is said with its field.
// +kubebuilder:object:root=true
type OperatorConfiguration struct {
	metav1.TypeMeta `json:",inline"`

	// namespace is where the operator keeps its Lease and its serving
	// certificate. The namespace of its pod, if not set; outside of a cluster it
	// has to be set.
	// +optional
	Namespace string `json:"namespace,omitempty"`

	// watchNamespaces are the namespaces whose ExtendedJobs are run. All, if not
	// set.
	// +optional
	// +listType=set
	WatchNamespaces []string `json:"watchNamespaces,omitempty"`

	// runInOwnNamespace has ExtendedJobs run in the namespace above, too. There they
	// can read the operator's keys. False, if not set.
	// +optional
	RunInOwnNamespace *bool `json:"runInOwnNamespace,omitempty"`

	// concurrency is how many ExtendedJobs are worked on at once. 10, if not set.
	// +optional
	Concurrency *int32 `json:"concurrency,omitempty"`

	// output is how the output of runs is read.
	// +optional
	Output Output `json:"output,omitzero"`

	// configChange is how a change of the ConfigMaps and Secrets that ExtendedJobs
	// use is acted on.
	// +optional
	ConfigChange ConfigChange `json:"configChange,omitzero"`

	// metrics is where metrics are served.
	// +optional
	Metrics Metrics `json:"metrics,omitzero"`

	// health is where the kubelet asks whether the operator lives and is ready.
	// +optional
	Health Health `json:"health,omitzero"`

	// profiling is where profiles of the operator are served.
	// +optional
	Profiling Profiling `json:"profiling,omitzero"`

	// webhook is where the API server reaches the operator.
	// +optional
	Webhook Webhook `json:"webhook,omitzero"`

	// certificates says where the certificate comes from that webhook and metrics
	// are served with.
	// +optional
	Certificates Certificates `json:"certificates,omitzero"`

	// leaderElection makes one of several replicas do the work.
	// +optional
	LeaderElection LeaderElection `json:"leaderElection,omitzero"`
}

// Output is how the output of runs is read.
type Output struct {
	// logReadTimeoutSeconds is how long a container log that cannot be read is
	// tried again before the output is given up as OutputUnavailable, and a Secret
	// that the API server fails to write before that is reported as SecretRejected.
	// 120, if not set.
	// +optional
	LogReadTimeoutSeconds *int32 `json:"logReadTimeoutSeconds,omitempty"`

	// maxLogSize is how much of a container log is read; the output of one that is
	// larger is refused as OutputTooLarge. 64Mi, if not set.
	// +optional
	MaxLogSize *resource.Quantity `json:"maxLogSize,omitempty"`

	// reservedSecretNames are patterns of names that no output Secret may have,
	// because others trust what is in Secrets of such a name; "*" stands for any
	// characters. "sh.helm.release.v1.*" and "bootstrap-token-*", if not set; an
	// empty list reserves none.
	// +optional
	// +listType=set
	ReservedSecretNames []string `json:"reservedSecretNames,omitempty"`

	// collectorImage is the image of the sidecar that collects the files of
	// spec.output.files. That of the operator itself, which has it, if not set.
	// +optional
	CollectorImage string `json:"collectorImage,omitempty"`
}

// ConfigChange is how a change of ConfigMaps and Secrets is acted on.
type ConfigChange struct {
	// debounceMilliseconds is how long a change waits for others to come with it,
	// so that all of them are one run. 1000, if not set.
	// +optional
	DebounceMilliseconds *int32 `json:"debounceMilliseconds,omitempty"`
}

// Metrics is where metrics are served.
type Metrics struct {
	// bindAddress is the address, as "host:port" or ":port". "0" serves no
	// metrics. ":8443", if not set.
	// +optional
	BindAddress string `json:"bindAddress,omitempty"`

	// secureServing serves metrics by HTTPS, and only to who may "get" the URL
	// /metrics of the API server. True, if not set.
	// +optional
	SecureServing *bool `json:"secureServing,omitempty"`
}

// Health is where the kubelet asks whether the operator lives and is ready.
type Health struct {
	// bindAddress is the address, as "host:port" or ":port", of /healthz and
	// /readyz. "0" serves neither. ":8081", if not set.
	// +optional
	BindAddress string `json:"bindAddress,omitempty"`
}

// Profiling is where profiles of the operator are served.
type Profiling struct {
	// bindAddress is the address, as "host:port" or ":port", of /debug/pprof, which
	// everybody who reaches it may read. "0" serves none. "0", if not set.
	// +optional
	BindAddress string `json:"bindAddress,omitempty"`
}

// Webhook is where the API server reaches the operator.
type Webhook struct {
	// port is the TCP port. 9443, if not set.
	// +optional
	Port *int32 `json:"port,omitempty"`

	// reviewRequesters has the webhooks ask the API server whether users may
	// themselves create what they would have the operator create. That costs a
	// request or two for each ExtendedJob that is created or changed. False is for
	// where the ValidatingAdmissionPolicy extendedjob-requester-rights sees to that.
	// True, if not set.
	// +optional
	ReviewRequesters *bool `json:"reviewRequesters,omitempty"`
}

// Certificates says where the serving certificate comes from.
// +union
type Certificates struct {
	// source is "Directory" or "SelfSigned". Directory, if not set.
	// +optional
	// +unionDiscriminator
	Source CertificateSource `json:"source,omitempty"`

	// directory is where the files are, with the source Directory.
	// +optional
	Directory *DirectoryCertificates `json:"directory,omitempty"`

	// selfSigned is what the operator's own certificate is for, with the source
	// SelfSigned.
	// +optional
	SelfSigned *SelfSignedCertificates `json:"selfSigned,omitempty"`
}

// CertificateSource is where the serving certificate comes from.
// +enum
type CertificateSource string

const (
	// CertificatesFromDirectory leaves it to somebody else (cert-manager, OLM,
	// OpenShift's service-ca) to make the certificate and the API server trust it.
	// The operator serves the files, and serves new ones as soon as they are there.
	CertificatesFromDirectory CertificateSource = "Directory"
	// CertificatesSelfSigned has the operator make and renew a certificate, and
	// make the API server trust it.
	CertificatesSelfSigned CertificateSource = "SelfSigned"
)

// DirectoryCertificates is where the files of the certificate are.
type DirectoryCertificates struct {
	// path is the directory that holds tls.crt and tls.key.
	// "/tmp/k8s-webhook-server/serving-certs", if not set: there OLM puts them.
	// +optional
	Path string `json:"path,omitempty"`
}

// SelfSignedCertificates is what the operator's own certificate is for.
type SelfSignedCertificates struct {
	// secretName is the Secret that the replicas share the certificate by. The
	// operator creates it. "extendedjob-serving-certificate", if not set.
	// +optional
	SecretName string `json:"secretName,omitempty"`

	// serviceNames are the Services that the operator is reached by. Those of
	// webhook and metrics, "extendedjob-webhook-service" and
	// "extendedjob-metrics-service", if not set.
	// +optional
	// +listType=set
	ServiceNames []string `json:"serviceNames,omitempty"`
}

// LeaderElection makes one of several replicas do the work.
type LeaderElection struct {
	// enabled lets only the replica that holds the Lease work. Without it there
	// must never be a second one. True, if not set.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`

	// leaseDurationSeconds is how long the others wait for a leader that does not
	// answer. 15, if not set.
	// +optional
	LeaseDurationSeconds *int32 `json:"leaseDurationSeconds,omitempty"`

	// renewDeadlineSeconds is how long the leader tries to renew the Lease before
	// it stops. 10, if not set.
	// +optional
	RenewDeadlineSeconds *int32 `json:"renewDeadlineSeconds,omitempty"`

	// retryPeriodSeconds is the wait between two tries to get or renew the Lease.
	// 2, if not set.
	// +optional
	RetryPeriodSeconds *int32 `json:"retryPeriodSeconds,omitempty"`
}
