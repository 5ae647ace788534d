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

package config

import (
	"fmt"
	"net"
	"path"

	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/sets"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/tools/leaderelection"
	netutils "k8s.io/utils/net"

	configv1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/config/v1alpha1"
)

// validate finds everything that is wrong with a configuration that has its
// defaults.
func validate(c *configv1alpha1.OperatorConfiguration) field.ErrorList {
	var errs field.ErrorList
	if c.Namespace == "" {
		errs = append(errs, field.Required(field.NewPath("namespace"), "outside a cluster, set the namespace in which the Lease and the certificate are kept"))
	} else {
		errs = append(errs, validateName(c.Namespace, field.NewPath("namespace"), validation.ValidateNamespaceName)...)
	}
	errs = append(errs, validateNames(c.WatchNamespaces, field.NewPath("watchNamespaces"), validation.ValidateNamespaceName)...)
	errs = append(errs, validatePositive(*c.Concurrency, field.NewPath("concurrency"))...)
	errs = append(errs, validatePositive(*c.Output.LogReadTimeoutSeconds, field.NewPath("output", "logReadTimeoutSeconds"))...)
	if size := c.Output.MaxLogSize; size.Value() < 1 {
		errs = append(errs, field.Invalid(field.NewPath("output", "maxLogSize"), size.String(), "must be at least 1"))
	}
	for i, pattern := range c.Output.ReservedSecretNames {
		if _, err := path.Match(pattern, ""); err != nil {
			errs = append(errs, field.Invalid(field.NewPath("output", "reservedSecretNames").Index(i), pattern, "must be a valid pattern, such as \"sh.helm.release.v1.*\""))
		}
	}
	if debounce := *c.ConfigChange.DebounceMilliseconds; debounce < 0 {
		errs = append(errs, field.Invalid(field.NewPath("configChange", "debounceMilliseconds"), debounce, "must be at least 0"))
	}
	errs = append(errs, validateAddress(c.Metrics.BindAddress, field.NewPath("metrics", "bindAddress"))...)
	errs = append(errs, validateAddress(c.Health.BindAddress, field.NewPath("health", "bindAddress"))...)
	errs = append(errs, validateAddress(c.Profiling.BindAddress, field.NewPath("profiling", "bindAddress"))...)
	for _, message := range utilvalidation.IsValidPortNum(int(*c.Webhook.Port)) {
		errs = append(errs, field.Invalid(field.NewPath("webhook", "port"), *c.Webhook.Port, message))
	}
	errs = append(errs, validateCertificates(&c.Certificates, field.NewPath("certificates"))...)
	return append(errs, validateLeaderElection(&c.LeaderElection, field.NewPath("leaderElection"))...)
}

func validateCertificates(c *configv1alpha1.Certificates, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if c.Directory != nil && c.Source != configv1alpha1.CertificatesFromDirectory {
		errs = append(errs, field.Forbidden(path.Child("directory"), "remove it, or set source to Directory"))
	}
	if c.SelfSigned != nil && c.Source != configv1alpha1.CertificatesSelfSigned {
		errs = append(errs, field.Forbidden(path.Child("selfSigned"), "remove it, or set source to SelfSigned"))
	}
	switch c.Source {
	case configv1alpha1.CertificatesFromDirectory:
	case configv1alpha1.CertificatesSelfSigned:
		errs = append(errs, validateSelfSigned(c.SelfSigned, path.Child("selfSigned"))...)
	default:
		errs = append(errs, field.NotSupported(path.Child("source"), c.Source, []configv1alpha1.CertificateSource{
			configv1alpha1.CertificatesFromDirectory, configv1alpha1.CertificatesSelfSigned,
		}))
	}
	return errs
}

func validateSelfSigned(c *configv1alpha1.SelfSignedCertificates, path *field.Path) field.ErrorList {
	errs := validateName(c.SecretName, path.Child("secretName"), validation.NameIsDNSSubdomain)
	if len(c.ServiceNames) == 0 {
		errs = append(errs, field.Required(path.Child("serviceNames"), "name the webhook's Service, or remove the empty list"))
	}
	return append(errs, validateNames(c.ServiceNames, path.Child("serviceNames"), validation.NameIsDNSLabel)...)
}

// validateLeaderElection requires what client-go does: a leader gives up before
// another takes over, and not before it has tried twice.
func validateLeaderElection(c *configv1alpha1.LeaderElection, path *field.Path) field.ErrorList {
	lease, deadline, retry := *c.LeaseDurationSeconds, *c.RenewDeadlineSeconds, *c.RetryPeriodSeconds
	leasePath, deadlinePath := path.Child("leaseDurationSeconds"), path.Child("renewDeadlineSeconds")

	errs := validatePositive(lease, leasePath)
	errs = append(errs, validatePositive(deadline, deadlinePath)...)
	errs = append(errs, validatePositive(retry, path.Child("retryPeriodSeconds"))...)
	if lease <= deadline {
		errs = append(errs, field.Invalid(leasePath, lease, fmt.Sprintf("must be more than renewDeadlineSeconds, %d", deadline)))
	}
	if float64(deadline) <= leaderelection.JitterFactor*float64(retry) {
		errs = append(errs, field.Invalid(deadlinePath, deadline, fmt.Sprintf("must be more than %g times retryPeriodSeconds, %d", leaderelection.JitterFactor, retry)))
	}
	return errs
}

func validateNames(names []string, path *field.Path, valid validation.ValidateNameFunc) field.ErrorList {
	var errs field.ErrorList
	seen := sets.New[string]()
	for i, name := range names {
		if seen.Has(name) {
			errs = append(errs, field.Duplicate(path.Index(i), name))
			continue
		}
		seen.Insert(name)
		errs = append(errs, validateName(name, path.Index(i), valid)...)
	}
	return errs
}

func validateName(name string, path *field.Path, valid validation.ValidateNameFunc) field.ErrorList {
	var errs field.ErrorList
	for _, message := range valid(name, false) {
		errs = append(errs, field.Invalid(path, name, message))
	}
	return errs
}

// validateAddress accepts what a server can listen on, and "0" for no server.
func validateAddress(address string, path *field.Path) field.ErrorList {
	if address == "0" {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = netutils.ParsePort(port, false)
	}
	if err != nil {
		return field.ErrorList{field.Invalid(path, address, `must be "host:port" or ":port", or "0" to serve nothing`)}
	}
	return nil
}

func validatePositive(value int32, path *field.Path) field.ErrorList {
	if value < 1 {
		return field.ErrorList{field.Invalid(path, value, "must be at least 1")}
	}
	return nil
}
