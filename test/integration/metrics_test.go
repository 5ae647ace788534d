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

package integration

import (
	"context"
	"net/http"
	"net/http/httptest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/cloudfoundry-incubator/extendedjob-operator/internal/metricsauth"
)

var _ = Describe("Metrics", func() {
	var server *httptest.Server

	BeforeEach(func() {
		config, err := clientcmd.BuildConfigFromFlags("", plane.operatorKubeconfig)
		Expect(err).NotTo(HaveOccurred())
		httpClient, err := rest.HTTPClientFor(config)
		Expect(err).NotTo(HaveOccurred())
		authorize, err := metricsauth.New(config, httpClient)
		Expect(err).NotTo(HaveOccurred())
		server = httptest.NewServer(authorize(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
		DeferCleanup(server.Close)
	})

	scrape := func(token string) int {
		GinkgoHelper()
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+"/metrics", nil)
		Expect(err).NotTo(HaveOccurred())
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := server.Client().Do(request)
		Expect(err).NotTo(HaveOccurred())
		response.Body.Close()
		return response.StatusCode
	}

	// newToken creates a service account and returns its token.
	newToken := func() (*corev1.ServiceAccount, string) {
		GinkgoHelper()
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "scraper-"}}
		Expect(plane.client.Create(context.Background(), account)).To(Succeed())
		request := &authenticationv1.TokenRequest{}
		Expect(plane.client.SubResource("token").Create(context.Background(), account, request)).To(Succeed())
		return account, request.Status.Token
	}

	It("are for nobody who does not say who he is", compat, func() {
		Expect(scrape("")).To(Equal(http.StatusUnauthorized))
		Expect(scrape("not-a-token")).To(Equal(http.StatusUnauthorized))
	})

	It("are for nobody without the right to read them", compat, func() {
		_, token := newToken()
		Expect(scrape(token)).To(Equal(http.StatusForbidden))
	})

	It("are for whom the deployment's role is bound to", compat, func() {
		account, token := newToken()
		binding := &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: account.Namespace + "-" + account.Name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "extendedjob-metrics-reader-role"},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: account.Namespace, Name: account.Name}},
		}
		Expect(plane.client.Create(context.Background(), binding)).To(Succeed())
		DeferCleanup(func() error { return client.IgnoreNotFound(plane.client.Delete(context.Background(), binding)) })

		// The API server takes a moment to see the binding.
		Eventually(scrape).WithArguments(token).WithTimeout(longTimeout).Should(Equal(http.StatusOK))
	})

	It("cost the API server two requests a minute for each that reads them again and again", func() {
		account, token := newToken()
		start := plane.audit.now()
		for range 5 {
			Expect(scrape(token)).To(Equal(http.StatusForbidden), account.Name)
		}
		var reviews []string
		for _, event := range plane.audit.since(start) {
			if resource := event.ObjectRef.Resource; resource == "tokenreviews" || resource == "subjectaccessreviews" {
				reviews = append(reviews, resource)
			}
		}
		Expect(reviews).To(ConsistOf("tokenreviews", "subjectaccessreviews"))
	})
})
