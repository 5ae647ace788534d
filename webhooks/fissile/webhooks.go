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

// Package fissile holds the webhooks of the group fissile.cloudfoundry.org.
package fissile

import (
	"fmt"

	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
	fissilev1alpha1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1alpha1"
	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/ejcache"
)

// Options are the settings of the validating webhooks.
type Options struct {
	// ReviewRequesters makes the webhooks check the rights of users.
	ReviewRequesters bool
	// ClosedNamespace is a namespace in which no ExtendedJobs run; empty if there is
	// none.
	ClosedNamespace string
	// ReservedSecretNames are patterns of names that no output Secret may have.
	ReservedSecretNames []string
	// CollectorImage is the image of the collector of files; empty if it is not known.
	CollectorImage string
}

// SetupWithManager adds the webhooks of ExtendedJob to mgr's webhook server.
func SetupWithManager(mgr ctrl.Manager, options Options) error {
	converter, err := newConversionHandler()
	if err != nil {
		return err
	}
	mgr.GetWebhookServer().Register("/convert", converter)
	dryRuns, err := newDryRunClient(mgr)
	if err != nil {
		return err
	}
	extendedJobs := ejcache.Reader{Cache: mgr.GetCache()}
	v1, v1alpha1 := newV1Validator(extendedJobs, dryRuns, options), newV1alpha1Validator(extendedJobs, dryRuns, options)
	if options.ReviewRequesters {
		authorization, err := authorizationclient.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
		if err != nil {
			return fmt.Errorf("create client for SubjectAccessReviews: %w", err)
		}
		v1.requesters = &requesterReview{authorization.SubjectAccessReviews()}
		v1alpha1.requesters = v1.requesters
	}
	mgr.GetWebhookServer().Register("/validate-fissile-cloudfoundry-org-v1-extendedjob", newWebhook(mgr.GetScheme(), &fissilev1.ExtendedJob{}, v1))
	mgr.GetWebhookServer().Register("/validate-fissile-cloudfoundry-org-v1alpha1-extendedjob", newWebhook(mgr.GetScheme(), &fissilev1alpha1.ExtendedJob{}, v1alpha1))
	return nil
}
