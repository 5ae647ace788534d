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

package cli

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/gentype"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	fissilev1 "github.com/cloudfoundry-incubator/extendedjob-operator/api/fissile/v1"
)

// Resource is the name of the resource in the API.
const Resource = "extendedjobs"

// FieldManager is the manager of the fields that the plugin writes.
const FieldManager = "kubectl-ejob"

// ExtendedJobs reads and patches the ExtendedJobs of a namespace, or of all of
// them.
type ExtendedJobs interface {
	Get(ctx context.Context, name string, options metav1.GetOptions) (*fissilev1.ExtendedJob, error)
	List(ctx context.Context, options metav1.ListOptions) (*fissilev1.ExtendedJobList, error)
	Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error)
	Patch(ctx context.Context, name string, kind types.PatchType, data []byte, options metav1.PatchOptions, subresources ...string) (*fissilev1.ExtendedJob, error)
}

var (
	scheme = newScheme()
	codecs = serializer.NewCodecFactory(scheme)
)

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(fissilev1.AddToScheme(scheme))
	metav1.AddToGroupVersion(scheme, metav1.Unversioned)
	return scheme
}

// ExtendedJobs returns a client for a namespace, or for all of them if it is
// empty.
func (o *Options) ExtendedJobs(namespace string) (ExtendedJobs, error) {
	config, err := o.restConfig()
	if err != nil {
		return nil, err
	}
	config.APIPath = "/apis"
	config.GroupVersion = &fissilev1.GroupVersion
	config.NegotiatedSerializer = codecs.WithoutConversion()
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, err
	}
	return gentype.NewClientWithList(Resource, client, runtime.NewParameterCodec(scheme), namespace,
		func() *fissilev1.ExtendedJob { return &fissilev1.ExtendedJob{} },
		func() *fissilev1.ExtendedJobList { return &fissilev1.ExtendedJobList{} },
	), nil
}

// Kubernetes returns a client for the built-in resources.
func (o *Options) Kubernetes() (kubernetes.Interface, error) {
	config, err := o.restConfig()
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(config)
}

func (o *Options) restConfig() (*rest.Config, error) {
	config, err := o.Flags.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.QPS = -1 // The API server has limits of its own.
	config.UserAgent = "kubectl-ejob/" + Version()
	return config, nil
}
