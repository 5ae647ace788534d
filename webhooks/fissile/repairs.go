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

package fissile

import (
	"context"
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// newWebhook returns a webhook that validates ExtendedJobs of the type of ej.
func newWebhook[T runtime.Object](scheme *runtime.Scheme, ej T, validator admission.Validator[T]) *admission.Webhook {
	webhook := admission.WithValidator(scheme, validator)
	webhook.Handler = repairs{Handler: webhook.Handler, decoder: admission.NewDecoder(scheme), ej: ej}
	return webhook
}

// repairs lets users correct a stored ExtendedJob that cannot be decoded. There is
// nothing to compare the update with, so it is judged like a new ExtendedJob.
type repairs struct {
	admission.Handler
	decoder admission.Decoder
	ej      runtime.Object
}

func (h repairs) Handle(ctx context.Context, request admission.Request) admission.Response {
	if request.Operation != admissionv1.Update || h.decoder.DecodeRaw(request.OldObject, h.ej.DeepCopyObject()) == nil {
		return h.Handler.Handle(ctx, request)
	}
	if sameSpec(request.OldObject.Raw, request.Object.Raw) {
		return admission.Allowed("") // for instance without a finalizer
	}
	request.Operation = admissionv1.Create
	return h.Handler.Handle(ctx, request)
}

func sameSpec(before, after []byte) bool {
	var a, b struct{ Spec any }
	return json.Unmarshal(before, &a) == nil && json.Unmarshal(after, &b) == nil && equality.Semantic.DeepEqual(a.Spec, b.Spec)
}
