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
	"cmp"

	"k8s.io/apimachinery/pkg/api/resource"
)

// SetDefaults sets the defaults of fields that are not set.
func SetDefaults(c *OperatorConfiguration) {
	c.RunInOwnNamespace = cmp.Or(c.RunInOwnNamespace, new(false))
	c.Concurrency = cmp.Or(c.Concurrency, new(int32(10)))
	c.Output.LogReadTimeoutSeconds = cmp.Or(c.Output.LogReadTimeoutSeconds, new(int32(120)))
	c.Output.MaxLogSize = cmp.Or(c.Output.MaxLogSize, resource.NewQuantity(64<<20, resource.BinarySI))
	if c.Output.ReservedSecretNames == nil {
		c.Output.ReservedSecretNames = []string{"sh.helm.release.v1.*", "bootstrap-token-*"}
	}
	c.ConfigChange.DebounceMilliseconds = cmp.Or(c.ConfigChange.DebounceMilliseconds, new(int32(1000)))
	c.Metrics.BindAddress = cmp.Or(c.Metrics.BindAddress, ":8443")
	c.Metrics.SecureServing = cmp.Or(c.Metrics.SecureServing, new(true))
	c.Health.BindAddress = cmp.Or(c.Health.BindAddress, ":8081")
	c.Profiling.BindAddress = cmp.Or(c.Profiling.BindAddress, "0")
	c.Webhook.Port = cmp.Or(c.Webhook.Port, new(int32(9443)))
	c.Webhook.ReviewRequesters = cmp.Or(c.Webhook.ReviewRequesters, new(true))
	setCertificateDefaults(&c.Certificates)
	c.LeaderElection.Enabled = cmp.Or(c.LeaderElection.Enabled, new(true))
	c.LeaderElection.LeaseDurationSeconds = cmp.Or(c.LeaderElection.LeaseDurationSeconds, new(int32(15)))
	c.LeaderElection.RenewDeadlineSeconds = cmp.Or(c.LeaderElection.RenewDeadlineSeconds, new(int32(10)))
	c.LeaderElection.RetryPeriodSeconds = cmp.Or(c.LeaderElection.RetryPeriodSeconds, new(int32(2)))
}

func setCertificateDefaults(c *Certificates) {
	c.Source = cmp.Or(c.Source, CertificatesFromDirectory)
	switch c.Source {
	case CertificatesFromDirectory:
		c.Directory = cmp.Or(c.Directory, &DirectoryCertificates{})
		c.Directory.Path = cmp.Or(c.Directory.Path, "/tmp/k8s-webhook-server/serving-certs")
	case CertificatesSelfSigned:
		c.SelfSigned = cmp.Or(c.SelfSigned, &SelfSignedCertificates{})
		c.SelfSigned.SecretName = cmp.Or(c.SelfSigned.SecretName, "extendedjob-serving-certificate")
		if c.SelfSigned.ServiceNames == nil {
			c.SelfSigned.ServiceNames = []string{"extendedjob-webhook-service", "extendedjob-metrics-service"}
		}
	}
}
