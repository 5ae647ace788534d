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

// OperatorConfiguration is the configuration of the operator. Each field states
// its default.
// +kubebuilder:object:root=true
type OperatorConfiguration struct {
	metav1.TypeMeta `json:",inline"`

	// namespace is where the operator keeps its Lease and its serving certificate.
	// Defaults to the namespace of its pod; required outside of a cluster.
	// +optional
	Namespace string `json:"namespace,omitempty"`

	// watchNamespaces are the namespaces whose ExtendedJobs are run. Defaults to
	// all.
	// +optional
	// +listType=set
	WatchNamespaces []string `json:"watchNamespaces,omitempty"`

	// runInOwnNamespace lets ExtendedJobs run in the namespace above, too, where
	// they can read the operator's keys. Defaults to false.
	// +optional
	RunInOwnNamespace *bool `json:"runInOwnNamespace,omitempty"`

	// concurrency is how many ExtendedJobs are reconciled at once. Defaults to 10.
	// +optional
	Concurrency *int32 `json:"concurrency,omitempty"`

	// output configures how the output of runs is read.
	// +optional
	Output Output `json:"output,omitzero"`

	// configChange configures the reaction to changes of the ConfigMaps and Secrets
	// that ExtendedJobs use.
	// +optional
	ConfigChange ConfigChange `json:"configChange,omitzero"`

	// metrics configures where metrics are served.
	// +optional
	Metrics Metrics `json:"metrics,omitzero"`

	// health configures where the health probes are served.
	// +optional
	Health Health `json:"health,omitzero"`

	// profiling configures where profiles of the operator are served.
	// +optional
	Profiling Profiling `json:"profiling,omitzero"`

	// webhook configures how the API server reaches the operator.
	// +optional
	Webhook Webhook `json:"webhook,omitzero"`

	// certificates configures the source of the certificate for webhook and metrics.
	// +optional
	Certificates Certificates `json:"certificates,omitzero"`

	// leaderElection lets only one of several replicas do the work.
	// +optional
	LeaderElection LeaderElection `json:"leaderElection,omitzero"`
}

// Output configures how the output of runs is read.
type Output struct {
	// logReadTimeoutSeconds is how long failures are retried before they are
	// reported: OutputUnavailable for a container log that cannot be read, whose
	// output is then given up, and SecretRejected for a Secret that the API server
	// fails to write. Defaults to 120.
	// +optional
	LogReadTimeoutSeconds *int32 `json:"logReadTimeoutSeconds,omitempty"`

	// maxLogSize is how much of a container log is read. The output in a larger log
	// is refused as OutputTooLarge. Defaults to 64Mi.
	// +optional
	MaxLogSize *resource.Quantity `json:"maxLogSize,omitempty"`

	// reservedSecretNames are patterns of names that no output Secret may have,
	// because others trust Secrets with such names. "*" matches any characters.
	// Defaults to "sh.helm.release.v1.*" and "bootstrap-token-*"; an empty list
	// reserves none.
	// +optional
	// +listType=set
	ReservedSecretNames []string `json:"reservedSecretNames,omitempty"`

	// collectorImage is the image of the sidecar that collects the files of
	// spec.output.files. Defaults to the operator's own image, which includes the
	// collector.
	// +optional
	CollectorImage string `json:"collectorImage,omitempty"`
}

// ConfigChange configures the reaction to changes of ConfigMaps and Secrets.
type ConfigChange struct {
	// debounceMilliseconds is how long a change waits for others, so that they share
	// one run. Defaults to 1000.
	// +optional
	DebounceMilliseconds *int32 `json:"debounceMilliseconds,omitempty"`
}

// Metrics configures where metrics are served.
type Metrics struct {
	// bindAddress is the address, as "host:port" or ":port". "0" disables metrics.
	// Defaults to ":8443".
	// +optional
	BindAddress string `json:"bindAddress,omitempty"`

	// secureServing serves metrics over HTTPS, and only to clients that may "get"
	// the URL /metrics of the API server. Defaults to true.
	// +optional
	SecureServing *bool `json:"secureServing,omitempty"`
}

// Health configures where the health probes are served.
type Health struct {
	// bindAddress is the address, as "host:port" or ":port", of /healthz and
	// /readyz. "0" disables both. Defaults to ":8081".
	// +optional
	BindAddress string `json:"bindAddress,omitempty"`
}

// Profiling configures where profiles of the operator are served.
type Profiling struct {
	// bindAddress is the address, as "host:port" or ":port", of /debug/pprof, which
	// anyone who can reach it may read. "0", the default, disables it.
	// +optional
	BindAddress string `json:"bindAddress,omitempty"`
}

// Webhook configures how the API server reaches the operator.
type Webhook struct {
	// port is the TCP port. Defaults to 9443.
	// +optional
	Port *int32 `json:"port,omitempty"`

	// reviewRequesters makes the webhooks ask the API server whether users may
	// create the objects that the operator would create for them. That costs one or
	// two requests for each ExtendedJob that is created or changed. Set it to false
	// if the ValidatingAdmissionPolicy extendedjob-requester-rights enforces the
	// same. Defaults to true.
	// +optional
	ReviewRequesters *bool `json:"reviewRequesters,omitempty"`
}

// Certificates configures the source of the serving certificate.
// +union
type Certificates struct {
	// source is "Directory" or "SelfSigned". Defaults to Directory.
	// +optional
	// +unionDiscriminator
	Source CertificateSource `json:"source,omitempty"`

	// directory is where the files are, with the source Directory.
	// +optional
	Directory *DirectoryCertificates `json:"directory,omitempty"`

	// selfSigned describes the operator's own certificate, with the source
	// SelfSigned.
	// +optional
	SelfSigned *SelfSignedCertificates `json:"selfSigned,omitempty"`
}

// CertificateSource is the source of the serving certificate.
// +enum
type CertificateSource string

const (
	// CertificatesFromDirectory relies on others (cert-manager, OLM, OpenShift's
	// service-ca) to issue the certificate and make the API server trust it. The
	// operator serves the files, and reloads them when they change.
	CertificatesFromDirectory CertificateSource = "Directory"
	// CertificatesSelfSigned lets the operator issue and renew a certificate, and
	// make the API server trust it.
	CertificatesSelfSigned CertificateSource = "SelfSigned"
)

// DirectoryCertificates is where the files of the certificate are.
type DirectoryCertificates struct {
	// path is the directory that holds tls.crt and tls.key. Defaults to
	// "/tmp/k8s-webhook-server/serving-certs", where OLM puts them.
	// +optional
	Path string `json:"path,omitempty"`
}

// SelfSignedCertificates describes the operator's own certificate.
type SelfSignedCertificates struct {
	// secretName is the Secret with the certificate that all replicas share. The
	// operator creates it. Defaults to "extendedjob-serving-certificate".
	// +optional
	SecretName string `json:"secretName,omitempty"`

	// serviceNames are the Services through which the operator is reached. Defaults
	// to those of webhook and metrics, "extendedjob-webhook-service" and
	// "extendedjob-metrics-service".
	// +optional
	// +listType=set
	ServiceNames []string `json:"serviceNames,omitempty"`
}

// LeaderElection lets only one of several replicas do the work.
type LeaderElection struct {
	// enabled lets only the replica that holds the Lease work. If it is false, there
	// must never be a second replica. Defaults to true.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`

	// leaseDurationSeconds is how long the others wait for a leader that does not
	// answer. Defaults to 15.
	// +optional
	LeaseDurationSeconds *int32 `json:"leaseDurationSeconds,omitempty"`

	// renewDeadlineSeconds is how long the leader tries to renew the Lease before it
	// stops. Defaults to 10.
	// +optional
	RenewDeadlineSeconds *int32 `json:"renewDeadlineSeconds,omitempty"`

	// retryPeriodSeconds is the time between two attempts to acquire or renew the
	// Lease. Defaults to 2.
	// +optional
	RetryPeriodSeconds *int32 `json:"retryPeriodSeconds,omitempty"`
}
